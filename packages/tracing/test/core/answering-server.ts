import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface AnsweringServer {
  url: string;
  /** Resolves when the client is gone before the answer was complete. */
  clientGone: Promise<void>;
  /** Tears down the connections in the middle of their answers. */
  cut(): void;
  close(): Promise<void>;
}

/** Streams an answer piece by piece; it ends at the path `/whole`, and at any other one there is more to come. */
export async function startAnsweringServer(pieces: readonly string[]): Promise<AnsweringServer> {
  const gone = Promise.withResolvers<void>();
  const answers = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    answers.add(response);
    response.on("close", () => !response.writableFinished && gone.resolve());
    void answer(response, pieces).then(() => {
      if (request.url === "/whole") response.end();
    });
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    clientGone: gone.promise,
    cut() {
      for (const response of answers) response.destroy();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(response: ServerResponse, pieces: readonly string[]): Promise<void> {
  response.writeHead(200, { "content-type": "text/plain" });
  for (const piece of pieces) {
    await new Promise<void>((resolve) => response.write(piece, () => resolve()));
    // A turn in between, so that pieces travel alone.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
