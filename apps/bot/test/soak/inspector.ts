import { once } from "node:events";
import type { BotProcess } from "../support/bot-process.ts";

/** What makes a process listen for an inspector, on a free port. */
export const INSPECTED = { NODE_OPTIONS: "--inspect=127.0.0.1:0" } as const;

interface HeapUsage {
  usedSize: number;
  backingStorageSize: number;
}

const COLLECTIONS = 4;

/** Looks into a running process over its inspector, which the process itself knows nothing of. */
export class Inspector {
  readonly #socket: WebSocket;
  readonly #open = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const { id, result, error } = JSON.parse(String(data));
      const waiting = this.#open.get(id);
      this.#open.delete(id);
      if (error) waiting?.reject(new Error(`The inspector refuses: ${error.message}`));
      else waiting?.resolve(result);
    });
    socket.addEventListener("close", () => {
      for (const { reject } of this.#open.values()) reject(new Error("The process has ended."));
    });
  }

  /** @throws when the process was not started with {@link INSPECTED}. */
  static async attach(bot: BotProcess): Promise<Inspector> {
    const address = /Debugger listening on (ws:\S+)/.exec(bot.output())?.[1];
    if (address === undefined) throw new Error("The process does not listen for an inspector.");
    const socket = new WebSocket(address);
    await once(socket, "open");
    return new Inspector(socket);
  }

  /** Bytes of the heap as it is, garbage included, and of the buffers outside of it. */
  async heapBytes(): Promise<number> {
    const usage = (await this.#ask("Runtime.getHeapUsage")) as HeapUsage;
    return usage.usedSize + usage.backingStorageSize;
  }

  /** The same once there is no garbage. */
  async liveBytes(): Promise<number> {
    const sizes: number[] = [];
    // What is only weakly held, or waits for its finalizer, goes with a later collection.
    for (let round = 0; round < COLLECTIONS; round += 1) {
      await this.#ask("HeapProfiler.collectGarbage");
      sizes.push(await this.heapBytes());
    }
    return Math.min(...sizes);
  }

  /** The process would wait for this when it ends. */
  async detach(): Promise<void> {
    const closed = once(this.#socket, "close");
    this.#socket.close();
    await closed;
  }

  #ask(method: string, params: object = {}): Promise<unknown> {
    this.#lastId += 1;
    const answer = Promise.withResolvers<unknown>();
    this.#open.set(this.#lastId, answer);
    this.#socket.send(JSON.stringify({ id: this.#lastId, method, params }));
    return answer.promise;
  }
}
