import { renderRichText } from "./rich-text.js";

/**
 * One message in the log. `actions` has `press(messageId, data, button)`, `command(text)` and `remove(messageId)`.
 * An edit takes the place of what was there and keeps the keyboard focus in the message.
 */
export function createMessage(message, actions) {
  const element = document.createElement("article");
  element.className = `message ${message.from}`;
  element.dataset.messageId = String(message.messageId);
  element.tabIndex = -1;
  updateMessage(element, message, actions);
  return element;
}

export function updateMessage(element, message, actions) {
  const focused = element.contains(document.activeElement) ? document.activeElement : undefined;
  const label = `${message.from === "bot" ? "Bot" : "You"}, ${toTime(message.date)}${message.edited ? ", edited" : ""}`;
  element.setAttribute("aria-label", label);
  element.replaceChildren(
    bubble(message, actions),
    ...keyboard(message, actions),
    removeButton(message, actions),
  );
  if (focused) keepFocus(element, focused.dataset.data);
}

function bubble(message, actions) {
  const element = document.createElement("div");
  element.className = "bubble";
  if (message.voice) element.append(voice(message.voice));
  if (message.text !== "") {
    const text = document.createElement("div");
    text.className = "text";
    text.append(renderRichText(message.text, message.entities, actions.command));
    element.append(text);
  }
  const meta = document.createElement("span");
  meta.className = "meta";
  const time = document.createElement("time");
  time.dateTime = new Date(message.date * 1000).toISOString();
  time.textContent = toTime(message.date);
  meta.append(...(message.edited ? ["edited "] : []), time);
  element.append(meta);
  return element;
}

function voice({ fileId, durationS }) {
  const player = document.createElement("audio");
  player.controls = true;
  player.preload = "none";
  player.src = `/local/files/${encodeURIComponent(fileId)}`;
  player.setAttribute("aria-label", `Voice message, ${durationS} seconds`);
  return player;
}

function keyboard({ messageId, buttons }, actions) {
  if (buttons.length === 0) return [];
  const element = document.createElement("div");
  element.className = "keyboard";
  for (const row of buttons) {
    const line = document.createElement("div");
    line.className = "row";
    line.append(...row.map((button) => inlineButton(messageId, button, actions)));
    element.append(line);
  }
  return [element];
}

function inlineButton(messageId, { text, data, url }, actions) {
  if (url !== undefined) {
    const link = document.createElement("a");
    Object.assign(link, {
      className: "inline",
      target: "_blank",
      rel: "noopener noreferrer",
      textContent: text,
    });
    if (/^https?:/i.test(url)) link.href = url;
    return link;
  }
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "inline", textContent: text });
  button.dataset.data = data;
  button.addEventListener("click", () => actions.press(messageId, data, button));
  return button;
}

function removeButton({ messageId }, actions) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "remove", title: "Delete message", textContent: "×" });
  button.setAttribute("aria-label", "Delete message");
  button.addEventListener("click", () => actions.remove(messageId));
  return button;
}

function keepFocus(element, data) {
  const again = [...element.querySelectorAll("button.inline")].find((button) => button.dataset.data === data);
  (again ?? element).focus({ preventScroll: true });
}

function toTime(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}
