import { describe, expect, it } from "vitest";
import { checkRecording, type Recording } from "../../src/telegram/recording.ts";

describe("checkRecording", () => {
  it.each<[Recording, string]>([
    [{ file_size: 104_857_600 }, "too-large"],
    [{ file_size: 20 * 1_024 * 1_024 + 1, mime_type: "audio/ogg" }, "too-large"],
    [{ duration: 4 * 3_600 }, "too-long"],
    [{ mime_type: "application/zip" }, "no-sound"],
    [{ mime_type: "text/html; charset=audio/ogg" }, "no-sound"],
  ])("refuses %j", (recording, kind) => {
    expect(() => checkRecording(recording)).toThrow(expect.objectContaining({ kind }));
  });

  it.each<Recording>([
    {},
    { file_size: 20 * 1_024 * 1_024, duration: 900, mime_type: "audio/ogg" },
    { mime_type: "Audio/MPEG" },
    { mime_type: "video/mp4" },
    { mime_type: "application/ogg" },
    { mime_type: "" },
  ])("takes %j", (recording) => {
    expect(() => checkRecording(recording)).not.toThrow();
  });
});
