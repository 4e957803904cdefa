/** Wires the text box and the command menu. `onSend(text)` resolves to true once the server has taken the text. */
export function createComposer({ onSend, canRecord }) {
  const [form, box, send, record, menu, menuButton] = [
    "composer",
    "text",
    "send",
    "record",
    "menu",
    "menu-button",
  ].map((id) => document.getElementById(id));
  let commands = [];
  let shown = [];
  let active = -1;
  let isSending = false;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  box.addEventListener("input", () => {
    refresh();
    openMenu(/^\/\w*$/.test(box.value) ? box.value.slice(1) : undefined);
  });
  box.addEventListener("keydown", onKey);
  menuButton.addEventListener("click", () => {
    openMenu(menu.hidden ? "" : undefined);
    box.focus();
  });
  document.addEventListener("click", ({ target }) => {
    if (!menu.contains(target) && !form.contains(target)) openMenu(undefined);
  });
  refresh();
  box.focus({ preventScroll: true });

  return { setCommands };

  function setCommands(list) {
    if (JSON.stringify(list) === JSON.stringify(commands)) return;
    commands = list;
    menuButton.hidden = list.length === 0;
    if (!menu.hidden) openMenu("");
  }

  async function submit(text = box.value) {
    if (text.trim() === "" || isSending) return;
    isSending = true;
    openMenu(undefined);
    const isTaken = await onSend(text);
    isSending = false;
    if (isTaken && (box.value === text || box.value.startsWith("/"))) box.value = "";
    refresh();
    box.focus({ preventScroll: true });
  }

  function onKey(event) {
    if (event.isComposing) return;
    if (!menu.hidden && onMenuKey(event)) {
      event.preventDefault();
      return;
    }
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      submit();
    }
  }

  function onMenuKey({ key, shiftKey }) {
    if (key === "Escape") openMenu(undefined);
    else if (key === "ArrowDown") choose((active + 1) % shown.length);
    else if (key === "ArrowUp") choose((active - 1 + shown.length) % shown.length);
    else if (key === "Tab" && !shiftKey && active >= 0) complete(shown[active]);
    else if (key === "Enter" && active >= 0) submit(`/${shown[active].command}`);
    else return false;
    return true;
  }

  function complete({ command }) {
    box.value = `/${command}`;
    openMenu(undefined);
    refresh();
  }

  /** Shows the commands that begin so; none for undefined. */
  function openMenu(start) {
    shown = start === undefined ? [] : commands.filter(({ command }) => command.startsWith(start));
    menu.replaceChildren(...shown.map(toOption));
    menu.hidden = shown.length === 0;
    menuButton.setAttribute("aria-expanded", String(!menu.hidden));
    choose(shown.length > 0 && start !== "" ? 0 : -1);
  }

  function toOption({ command, description }, index) {
    const option = document.createElement("div");
    const name = document.createElement("b");
    const what = document.createElement("span");
    Object.assign(option, { id: `command-${index}`, className: "option" });
    option.setAttribute("role", "option");
    name.textContent = `/${command}`;
    what.textContent = description;
    option.append(name, what);
    option.addEventListener("click", () => submit(`/${command}`));
    return option;
  }

  function choose(index) {
    active = index;
    for (const [at, option] of [...menu.children].entries()) {
      option.setAttribute("aria-selected", String(at === index));
      if (at === index) option.scrollIntoView({ block: "nearest" });
    }
    if (index >= 0) box.setAttribute("aria-activedescendant", `command-${index}`);
    else box.removeAttribute("aria-activedescendant");
  }

  function refresh() {
    const isEmpty = box.value.trim() === "";
    send.disabled = isEmpty;
    send.hidden = isEmpty && canRecord;
    record.hidden = !isEmpty || !canRecord;
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight}px`;
  }
}
