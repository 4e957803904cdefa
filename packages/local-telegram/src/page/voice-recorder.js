const FORMATS = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4"];

/** Wires recording and upload of voice messages. `onVoice(blob, durationS)` sends; `onProblem(text)` shows. */
export function createVoiceRecorder({ onVoice, onProblem }) {
  const [record, panel, time, cancel, send, form, file] = [
    "record",
    "recorder",
    "recorded",
    "record-cancel",
    "record-send",
    "composer",
    "file",
  ].map((id) => document.getElementById(id));
  let recording;

  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    file.value = "";
    if (chosen) await onVoice(chosen, await readDuration(chosen));
  });
  record.addEventListener("click", start);
  cancel.addEventListener("click", () => stop(false));
  send.addEventListener("click", () => stop(true));
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") stop(false);
  });

  return { canRecord: typeof MediaRecorder !== "undefined" && navigator.mediaDevices !== undefined };

  async function start() {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      const mimeType = FORMATS.find((format) => MediaRecorder.isTypeSupported(format));
      const recorder = new MediaRecorder(stream, mimeType ? { mimeType } : {});
      const parts = [];
      recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
      recorder.start();
      recording = { recorder, stream, parts, startedAt: Date.now(), timer: setInterval(showTime, 250) };
    } catch (error) {
      onProblem(`The microphone cannot be used (${error.name}). An audio file can be sent instead.`);
      return;
    }
    show(true);
    showTime();
    send.focus();
  }

  function stop(isWanted) {
    if (!recording) return;
    const { recorder, stream, parts, startedAt, timer } = recording;
    const durationS = (Date.now() - startedAt) / 1000;
    recording = undefined;
    clearInterval(timer);
    recorder.addEventListener("stop", () => {
      for (const track of stream.getTracks()) track.stop();
      if (isWanted) onVoice(new Blob(parts, { type: recorder.mimeType }), durationS);
    });
    recorder.stop();
    show(false);
    document.getElementById("text").focus();
  }

  function show(isRecording) {
    panel.hidden = !isRecording;
    form.hidden = isRecording;
  }

  function showTime() {
    const seconds = Math.floor((Date.now() - recording.startedAt) / 1000);
    time.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }
}

/** Seconds; 1 when the browser cannot tell. */
function readDuration(sound) {
  const url = URL.createObjectURL(sound);
  const player = new Audio();
  return new Promise((resolve) => {
    const done = () => {
      URL.revokeObjectURL(url);
      resolve(Number.isFinite(player.duration) ? player.duration : 1);
    };
    player.addEventListener("loadedmetadata", done, { once: true });
    player.addEventListener("error", done, { once: true });
    player.src = url;
  });
}
