import { readdirSync, readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { dirname, extname, join } from "node:path";
import { Hono } from "hono";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "media-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The chat page and its assets, read from the package's sources whether this runs from there or bundled. */
export function chatPage(): Hono {
  const manifest = findPackageJSON("..", import.meta.url);
  if (!manifest) throw new Error("The chat page's files are not beside the package they belong to");
  const folder = join(dirname(manifest), "src/page");
  const app = new Hono();
  for (const file of readdirSync(folder)) {
    const content = readFileSync(join(folder, file), "utf8");
    app.get(file === "index.html" ? "/" : `/page/${file}`, (c) =>
      c.body(content, 200, {
        "Content-Type": TYPES[extname(file)] ?? "text/plain",
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
      }),
    );
  }
  return app;
}
