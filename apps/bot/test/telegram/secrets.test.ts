import { Api, BotError, Context } from "grammy";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeError, redactBotToken } from "../../src/telegram/secrets.ts";
import { BotApiServer } from "../support/bot-api-server.ts";

const SAID = "what the user said in private";

describe("describeError", () => {
  let server: BotApiServer;

  beforeEach(async () => {
    server = await BotApiServer.start();
  });
  afterEach(() => server[Symbol.asyncDispose]());

  async function failureOf(apiRoot: string): Promise<unknown> {
    return new Api(server.token, { apiRoot }).sendMessage(1, SAID).catch((error: unknown) => error);
  }

  it("tells method, code and description of an answer, without the payload", async () => {
    server.script("sendMessage", { kind: "error", status: 400, description: "Bad Request: chat not found" });
    const error = await failureOf(server.url);
    expect(describeError(error)).toBe("GrammyError: sendMessage answered 400: Bad Request: chat not found");
    expect(JSON.stringify(error)).toContain(SAID);
  });

  it("tells why a call did not arrive, without the address that holds the token", async () => {
    const { url } = server;
    await server[Symbol.asyncDispose]();
    const error = await failureOf(url);
    expect(JSON.stringify(error)).toContain(server.token);
    expect(describeError(error)).toBe("HttpError: Network request for 'sendMessage' failed! (ECONNREFUSED)");
  });

  it("looks into the errors of middleware", async () => {
    server.script("sendMessage", { kind: "error", status: 403, description: "Forbidden: bot was blocked" });
    const context = new Context({ update_id: 1 }, new Api(server.token), {} as Context["me"]);
    const error = new BotError(await failureOf(server.url), context);
    expect(describeError(error)).toBe("GrammyError: sendMessage answered 403: Forbidden: bot was blocked");
  });

  it("follows causes, and takes tokens out of all", () => {
    const cause = new Error(`GET https://api.telegram.org/file/bot${server.token}/voice/1.oga failed`);
    const line = describeError(new TypeError("no voice", { cause }));
    expect(line).toBe(
      "TypeError: no voice; because of Error: GET https://api.telegram.org/file/bot[redacted]/voice/1.oga failed",
    );
  });

  it("takes what is thrown but is no error", () => {
    expect(describeError(`odd ${server.token}`)).toBe("Thrown, but not an error: odd [redacted]");
  });

  it("ends with errors that cause each other", () => {
    const first = new Error("first");
    first.cause = new Error("second", { cause: first });
    expect(describeError(first)).toMatch(/^Error: first; because of Error: second; because of/);
  });
});

describe("redactBotToken", () => {
  it("leaves other text alone", () => {
    const text = "At 12:30 the robot/bot answered /about/bots with 404: not found";
    expect(redactBotToken(text)).toBe(text);
  });
});
