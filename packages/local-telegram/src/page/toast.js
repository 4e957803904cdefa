const SHOWN_MS = 5000;

/** Shows a text for a moment; it is read out, and stays while the pointer is on it. */
export function showToast(text) {
  const element = document.createElement("p");
  element.className = "toast";
  element.textContent = text;
  document.getElementById("toasts").append(element);
  let timer = setTimeout(() => element.remove(), SHOWN_MS);
  element.addEventListener("pointerenter", () => clearTimeout(timer));
  element.addEventListener("pointerleave", () => {
    timer = setTimeout(() => element.remove(), SHOWN_MS);
  });
}

/** Shows a text until the reader closes it. */
export function showAlert(text) {
  const dialog = document.getElementById("alert");
  document.getElementById("alert-text").textContent = text;
  if (!dialog.open) dialog.showModal();
}
