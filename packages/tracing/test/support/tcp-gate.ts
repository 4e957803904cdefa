import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way to a server that can be blocked or shut. */
export interface TcpGate {
  port: number;
  /** Takes connections and lets nothing pass in either direction. */
  block(): void;
  /** Lets requests pass, and no answer. */
  mute(): void;
  /** Ends `block` and `mute`. */
  unblock(): void;
  /** Breaks all connections and refuses new ones. */
  shut(): Promise<void>;
  open(): Promise<void>;
  close(): Promise<void>;
}

export async function openTcpGate(target: { host: string; port: number }): Promise<TcpGate> {
  let blocked: "nothing" | "everything" | "answers" = "nothing";
  const sockets = new Set<Socket>();
  const answering = new Set<Socket>();
  const server = createServer((near) => {
    // Accepted while it was being shut.
    if (!server.listening) return void near.destroy();
    const far = connect(target);
    answering.add(far);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (chunk) => to.write(chunk));
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        answering.delete(from);
        to.destroy();
      });
      if (blocked === "everything" || (blocked === "answers" && from === far)) from.pause();
    }
  });
  const listen = async (port: number) => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  };
  const shut = async () => {
    const closed = server.listening ? new Promise((resolve) => server.close(resolve)) : undefined;
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    shut,
    open: () => listen(port),
    close: shut,
    block() {
      blocked = "everything";
      for (const socket of sockets) socket.pause();
    },
    mute() {
      blocked = "answers";
      for (const socket of answering) socket.pause();
    },
    unblock() {
      blocked = "nothing";
      for (const socket of sockets) socket.resume();
    },
  };
}
