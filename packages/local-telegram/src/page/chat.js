import { deleteMessage, getBot, getChat, press, sendText, sendVoice } from "./api.js";
import { createComposer } from "./composer.js";
import { createMessage, updateMessage } from "./message-view.js";
import { showAlert, showToast } from "./toast.js";
import { createVoiceRecorder } from "./voice-recorder.js";

const WAIT_MS = 25_000;
const RETRY_MS = 1000;
const HIDDEN_MS = 2000;
const ANSWER_MS = 30_000;
const NEAR_END_PX = 80;
const OFFERED_USERS = 5;
const PRESENCE = { waiting: "not started yet", online: "online", offline: "not running" };
const NOTICES = {
  waiting: "Waiting for the bot to start. What you send is kept for it.",
  offline: "The bot has stopped. What you send is kept until it is back.",
};

const [log, scroller, empty, typing, notice, presence, problem, toEnd] = [
  "log",
  "scroller",
  "empty",
  "typing",
  "notice",
  "presence",
  "problem",
  "to-end",
].map((id) => document.getElementById(id));
const messages = new Map();
const pressed = new Map();
const seenAnswers = new Set();
let user;
let position;

const actions = { press: pressButton, command: send, remove: (id) => attempt(() => deleteMessage(user, id)) };
const { canRecord } = createVoiceRecorder({
  onVoice: (sound, durationS) => attempt(() => sendVoice(user, sound, durationS)),
  onProblem: showProblem,
});
const composer = createComposer({ onSend: send, canRecord });

document.getElementById("begin").addEventListener("click", () => send("/start"));
toEnd.addEventListener("click", scrollToEnd);
scroller.addEventListener("scroll", () => {
  toEnd.hidden = isAtEnd();
});
new ResizeObserver(() => {
  if (toEnd.hidden) scrollToEnd();
}).observe(scroller);
follow();

/** Shows the chat for as long as the page is open, whatever becomes of the server. */
async function follow() {
  for (;;) {
    try {
      if (user === undefined) await introduce();
      const view = await getChat(user, position ?? { after: 0, wait: 0 });
      if (position && view.runId !== position.runId) forget();
      else show(view);
      if (document.hidden) await untilVisible(HIDDEN_MS);
    } catch (error) {
      setPresence("reconnecting", "The server cannot be reached. Trying again until it is back.");
      console.info(error.message);
      if (position) position = { ...position, wait: 0 };
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** A page in the background asks now and then: browsers keep few connections to one server open. */
async function untilVisible(ms) {
  const listening = new AbortController();
  await new Promise((resolve) => {
    document.addEventListener("visibilitychange", resolve, { signal: listening.signal });
    setTimeout(resolve, ms);
  });
  listening.abort();
}

async function introduce() {
  const { name, username, firstUser } = await getBot();
  const asked = new URLSearchParams(location.search).get("user") ?? "";
  user = /^[1-9]\d{0,14}$/.test(asked) ? Number(asked) : firstUser;
  document.getElementById("bot-name").textContent = name;
  document.getElementById("bot-name").title = `@${username}`;
  document.getElementById("avatar").textContent = name.slice(0, 1).toUpperCase();
  document.title = `${name} · user ${user}`;
  offerUsers();
}

function offerUsers() {
  const select = document.getElementById("user");
  const ids = new Set([...Array(OFFERED_USERS).keys()].map((index) => index + 1).concat(user));
  select.replaceChildren(...[...ids].map((id) => new Option(`User ${id}`, String(id), false, id === user)));
  select.addEventListener("change", () => {
    location.search = `?user=${select.value}`;
  });
}

/** The server has started anew and knows nothing of what is on the page. */
function forget() {
  position = undefined;
  messages.clear();
  pressed.clear();
  log.replaceChildren();
  showToast("The server was restarted and begins with an empty conversation.");
}

function show(view) {
  const isFirst = position === undefined;
  const wasAtEnd = isFirst || isAtEnd();
  for (const message of view.messages) put(message);
  for (const id of view.deleted) remove(id);
  for (const answer of view.answers) showAnswer(answer, isFirst);
  typing.hidden = !view.typing;
  empty.hidden = messages.size > 0;
  composer.setCommands(view.commands);
  setPresence(view.typing ? "typing…" : PRESENCE[view.bot], NOTICES[view.bot]);
  if (wasAtEnd) scrollToEnd();
  else toEnd.hidden = false;
  position = {
    after: view.seq,
    activity: view.activity,
    wait: document.hidden ? 0 : WAIT_MS,
    runId: view.runId,
  };
}

function put(message) {
  const existing = messages.get(message.messageId);
  if (existing) {
    updateMessage(existing, message, actions);
    return;
  }
  const element = createMessage(message, actions);
  messages.set(message.messageId, element);
  log.append(element);
}

function remove(messageId) {
  messages.get(messageId)?.remove();
  messages.delete(messageId);
}

async function pressButton(messageId, data, button) {
  if (button.classList.contains("waiting")) return;
  button.classList.add("waiting");
  const done = () => button.classList.remove("waiting");
  const taken = await attempt(() => press(user, messageId, data));
  if (!taken) return done();
  if (seenAnswers.has(taken.callbackQueryId)) return done();
  const timer = setTimeout(done, ANSWER_MS);
  pressed.set(taken.callbackQueryId, () => {
    clearTimeout(timer);
    done();
  });
}

function showAnswer({ callbackQueryId, text, alert }, isOld) {
  if (seenAnswers.has(callbackQueryId)) return;
  seenAnswers.add(callbackQueryId);
  pressed.get(callbackQueryId)?.();
  pressed.delete(callbackQueryId);
  if (isOld || text === "") return;
  if (alert) showAlert(text);
  else showToast(text);
}

async function send(text) {
  toEnd.hidden = true;
  return (await attempt(() => sendText(user, text))) !== undefined;
}

/** Undefined when it failed; the reason is on the page then. */
async function attempt(action) {
  try {
    const result = await action();
    problem.hidden = true;
    return result;
  } catch (error) {
    showProblem(error.message);
    return undefined;
  }
}

function showProblem(text) {
  problem.textContent = text;
  problem.hidden = false;
}

function setPresence(state, text) {
  if (presence.textContent !== state) presence.textContent = state;
  presence.dataset.state = state;
  if (notice.textContent !== (text ?? "")) notice.textContent = text ?? "";
  notice.hidden = text === undefined;
}

function isAtEnd() {
  return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END_PX;
}

function scrollToEnd() {
  scroller.scrollTop = scroller.scrollHeight;
  toEnd.hidden = true;
}
