/** The control API of the server this page came from. A refusal is an Error whose message may be shown. */

export async function getBot() {
  return read(await fetch("/local/bot"));
}

export async function getChat(user, { after, activity, wait, signal }) {
  const query = new URLSearchParams({ after: String(after), wait: String(wait) });
  if (activity !== undefined) query.set("activity", String(activity));
  return read(await fetch(`/local/users/${user}/chat?${query}`, { signal }));
}

export function sendText(user, text) {
  return post(`/local/users/${user}/messages`, { text });
}

export async function sendVoice(user, sound, durationS) {
  const form = new FormData();
  form.set("voice", sound, "voice");
  form.set("duration", String(Math.max(1, Math.round(durationS))));
  return read(await reach(`/local/users/${user}/messages`, { method: "POST", body: form }));
}

export function press(user, messageId, data) {
  return post(`/local/users/${user}/press`, { messageId, data });
}

export async function deleteMessage(user, messageId) {
  return read(await reach(`/local/users/${user}/messages/${messageId}`, { method: "DELETE" }));
}

async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  return read(await reach(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

async function reach(path, request) {
  try {
    return await fetch(path, request);
  } catch (cause) {
    throw new Error("The server cannot be reached. Is it running?", { cause });
  }
}

async function read(response) {
  const body = await response.json();
  if (!response.ok) throw new Error(body.error ?? `The server answered ${response.status}`);
  return body;
}
