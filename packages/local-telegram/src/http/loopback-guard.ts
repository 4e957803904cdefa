import type { MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";

const LOOPBACK_NAMES = new Set(["localhost", "127.0.0.1", "[::1]"]);
const SAME_SITE = new Set(["same-origin", "none"]);

/**
 * Refuses what a page of another site could make a browser send: names that only resolve to this machine (DNS
 * rebinding), and requests across origins. The chat page itself may be linked to from anywhere.
 */
export function loopbackGuard(): MiddlewareHandler {
  return createMiddleware(async (c, next) => {
    const host = c.req.header("host") ?? "";
    if (!LOOPBACK_NAMES.has(toName(host))) {
      return c.json(
        { error: `Local Telegram answers to localhost, 127.0.0.1 and [::1], not to "${host}"` },
        403,
      );
    }
    const origin = c.req.header("origin");
    if (origin !== undefined && origin !== `http://${host}`) {
      return c.json({ error: `Local Telegram takes no requests from pages of ${origin}` }, 403);
    }
    if (!isPage(c.req.path) && !SAME_SITE.has(c.req.header("sec-fetch-site") ?? "none")) {
      return c.json({ error: "Local Telegram takes no requests from pages of other sites" }, 403);
    }
    return next();
  });
}

function toName(host: string): string {
  return host.replace(/:\d*$/, "").toLowerCase();
}

function isPage(path: string): boolean {
  return path === "/";
}
