import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { createConnection } from "node:net";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { askOverSocket } from "../../src/embedded/socket-client.ts";
import { findSocket } from "../../src/embedded/socket-path.ts";
import { kill, report, start } from "./children/child.ts";
import { freshDataDir, PATIENT, scratchDir } from "./data-dir.ts";
import { createNotesClient, type NotesClient } from "./notes-client.ts";

async function open(dataDir: string): Promise<NotesClient> {
  const notes = createNotesClient(dataDir);
  onTestFinished(() => notes.connection.close());
  await notes.connection.open();
  return notes;
}

describe("Connection", PATIENT, () => {
  it("owns a directory once, and lets others in through its socket until it is closed", async () => {
    const dataDir = await freshDataDir();
    const owner = await open(dataDir);
    const guest = await open(dataDir);
    expect([owner.connection.mode, guest.connection.mode]).toEqual(["owner", "guest"]);
    expect(await guest.add("a", "b")).toBe(2);
    expect(await owner.add("b", "c")).toBe(1);
    expect(await guest.ids()).toEqual(["a", "b", "c"]);
    const closing = owner.connection.close();
    expect(await guest.ids()).toEqual(["a", "b", "c"]);
    await closing;
    await owner.connection.close();
    expect(guest.connection.mode).toBe("owner");
    await expect(owner.ids()).rejects.toThrow(/closed/);
  });

  it("listens in a short private directory when its own is too long for a socket, and removes that at the end", async () => {
    const parent = join(scratchDir(), "long".repeat(30));
    mkdirSync(parent);
    const dataDir = await freshDataDir(parent);
    const owner = await open(dataDir);
    const socket = readFileSync(join(dataDir, "socket"), "utf8");
    expect(Buffer.byteLength(socket)).toBeLessThan(100);
    expect(statSync(dirname(socket)).mode & 0o777).toBe(0o700);
    const guest = await open(dataDir);
    expect(await guest.add("x")).toBe(1);
    await guest.connection.close();
    await owner.connection.close();
    expect([existsSync(dirname(socket)), existsSync(join(dataDir, "socket"))]).toEqual([false, false]);
  });

  it("serves only who speaks HTTP and has the key, from a file and a socket that only the user can open", async () => {
    const dataDir = await freshDataDir();
    await open(dataDir);
    const socket = createConnection(findSocket(dataDir));
    socket.end("no HTTP at all\r\n\r\n");
    socket.resume();
    await once(socket, "close");
    const ask = async (headers: Record<string, string>): Promise<unknown> => {
      const request = {
        method: "POST",
        url: "/api/database/rpc/ids",
        headers: new Headers(headers),
        body: "{}",
      };
      const { status, body } = await askOverSocket(findSocket(dataDir), request);
      return [status, JSON.parse(body ?? "").error];
    };
    expect(await ask({})).toEqual([401, "AUTH_INVALID_CREDENTIALS"]);
    expect(await ask({ authorization: "Bearer ik_wrong" })).toEqual([401, "AUTH_INVALID_API_KEY"]);
    const key = readFileSync(join(dataDir, "key"), "utf8");
    expect(await ask({ authorization: `Bearer ${key}`, "content-profile": "none" })).toEqual([
      406,
      undefined,
    ]);
    for (const name of ["key", "lock", "embedded.sock"])
      expect(statSync(join(dataDir, name)).mode & 0o777).toBe(0o600);
  });

  it("lets a process that does not close it end by itself, with the exit code it chose", async () => {
    const dataDir = await freshDataDir();
    const child = start(dataDir, "leave");
    const [code, signal] = await once(child, "exit");
    expect([code, signal]).toEqual([7, null]);
    const after = await open(dataDir);
    expect(await after.ids()).toEqual([String(child.pid)]);
    const guest = start(dataDir, "leave");
    expect(await once(guest, "exit")).toEqual([7, null]);
    expect(await after.ids()).toContain(String(guest.pid));
  });
});

describe("Connection to an owner in another process", PATIENT, () => {
  it("does not wait for ever when that is stopped, and goes on when it continues", async () => {
    const dataDir = await freshDataDir();
    const child = start(dataDir, "serve");
    expect(await report(child)).toBe("owner");
    const guest = await open(dataDir);
    child.kill("SIGSTOP");
    const signal = AbortSignal.timeout(300);
    const request = { method: "GET", url: "/api/health", headers: new Headers(), body: "" };
    await expect(guest.connection.answer({ ...request, signal })).rejects.toMatchObject({
      name: "TimeoutError",
    });
    const another = createNotesClient(dataDir, 300).connection.open();
    await expect(another).rejects.toMatchObject({ name: "TracingError", code: "store-locked" });
    child.kill("SIGCONT");
    expect((await guest.connection.answer(request)).status).toBe(200);
  });

  it("hands over to one of the guests when that is killed, with all that it acknowledged and what was under way", async () => {
    const dataDir = await freshDataDir();
    const child = start(dataDir, "serve");
    await report(child);
    const guests = await Promise.all([1, 2, 3].map(() => open(dataDir)));
    expect(guests.map(({ connection }) => connection.mode)).toEqual(["guest", "guest", "guest"]);
    const [first] = guests;
    await first?.add("before");
    const many = Array.from({ length: 2_000 }, (_, n) => String(n).padStart(4, "0"));
    const adding = first?.add(...many);
    await kill(child);
    expect(existsSync(join(dataDir, "embedded.sock"))).toBe(true);
    await Promise.all(guests.map((guest, n) => guest.add(`from ${n}`)));
    expect([0, 2_000]).toContain(await adding);
    expect(guests.map(({ connection }) => connection.mode).toSorted()).toEqual(["guest", "guest", "owner"]);
    expect(await first?.ids()).toEqual([...many, "before", "from 0", "from 1", "from 2"]);
  });
});
