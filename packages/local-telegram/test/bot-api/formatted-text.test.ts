import type { MessageEntity } from "grammy/types";
import { describe, expect, it } from "vitest";
import { openLocalTelegram, refusal } from "../support/local-telegram.ts";

async function openChat() {
  const { api, say } = await openLocalTelegram();
  await say(1, "hi");
  return {
    html: (text: string) => api.sendMessage(1, text, { parse_mode: "HTML" }),
    markdown: (text: string) => api.sendMessage(1, text, { parse_mode: "MarkdownV2" }),
    withEntities: (text: string, ...entities: MessageEntity[]) => api.sendMessage(1, text, { entities }),
    api,
  };
}

describe("the text of a message", () => {
  it("may be formatted in three ways", async () => {
    const { html, markdown, withEntities } = await openChat();
    const bold = [{ type: "bold", offset: 0, length: 1 }];
    expect(await html("<b>x</b>")).toMatchObject({ text: "x", entities: bold });
    expect(await markdown("*x*")).toMatchObject({ text: "x", entities: bold });
    expect(await withEntities("x", { type: "bold", offset: 0, length: 1 })).toMatchObject({ entities: bold });
  });

  it("is measured without its formatting", async () => {
    const { html } = await openChat();
    expect((await html(`<b>${"x".repeat(4_096)}</b>`)).text).toHaveLength(4_096);
    expect(await refusal(html("<b> </b>"))).toBe("Bad Request: message text is empty");
  });

  it("is refused when its formatting cannot be read", async () => {
    const { html, markdown, api } = await openChat();
    expect(await refusal(html("<b>x"))).toMatch(/^Bad Request: can't parse entities: can't find end tag/);
    expect(await refusal(markdown("1.0"))).toMatch(
      /^Bad Request: can't parse entities: character '\.' is reserved/,
    );
    expect(await refusal(api.sendMessage(1, "x", { parse_mode: "Markdown" }))).toBe(
      "Bad Request: unsupported parse_mode",
    );
  });

  it("is refused when an entity does not lie in it", async () => {
    const { withEntities } = await openChat();
    const bold = (offset: number, length: number) => ({ type: "bold" as const, offset, length });
    expect(await refusal(withEntities("abc", bold(3, 1)))).toBe(
      "Bad Request: entity begins after the end of the text at UTF-16 offset 3",
    );
    expect(await refusal(withEntities("abc", bold(1, 3)))).toBe(
      "Bad Request: entity beginning at UTF-16 offset 1 ends after the end of the text at UTF-16 offset 4",
    );
    expect(await refusal(withEntities("😀a", bold(1, 1)))).toContain(
      "entity begins in a middle of a UTF-16 symbol",
    );
    expect(await refusal(withEntities("a😀", bold(0, 2)))).toContain("ends in a middle of a UTF-16 symbol");
    expect(await withEntities("abc", bold(-1, 2), bold(1, 0))).not.toHaveProperty("entities");
  });
});
