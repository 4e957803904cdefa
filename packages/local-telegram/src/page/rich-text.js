const TAGS = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strikethrough: "s",
  code: "code",
  blockquote: "blockquote",
  expandable_blockquote: "blockquote",
};
const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);
const SAFE_LINK = /^(https?|mailto|tel):/i;

/**
 * Builds a text with its entities out of DOM nodes; the text itself is never read as HTML.
 * `onCommand` is called with a command that the reader chose.
 */
export function renderRichText(text, entities, onCommand) {
  const sorted = [...entities].sort((one, other) => one.offset - other.offset || other.length - one.length);
  const content = document.createDocumentFragment();
  const spans = sorted.map((entity) => ({
    entity,
    start: entity.offset,
    end: entity.offset + entity.length,
  }));
  fill(content, text, { start: 0, end: text.length }, spans, onCommand);
  return content;
}

/** Appends `text[start, end)`; of two spans that cross, the later one is cut in two. */
function fill(parent, text, { start, end }, spans, onCommand) {
  let at = start;
  let left = spans;
  while (left.length > 0) {
    const [span, ...others] = left;
    const from = Math.max(span.start, at);
    const to = Math.min(span.end, end);
    left = others;
    if (to <= from) continue;
    parent.append(text.slice(at, from));
    const element = toElement(span.entity, text.slice(from, to), onCommand);
    fill(
      element.inner,
      text,
      { start: from, end: to },
      others.filter((other) => other.start < to),
      onCommand,
    );
    parent.append(element.outer);
    // A block ends its line by itself.
    at = to < end && BLOCKS.has(span.entity.type) && text[to] === "\n" ? to + 1 : to;
    left = others.filter((other) => other.end > to);
  }
  parent.append(text.slice(at, end));
}

function toElement(entity, text, onCommand) {
  const { type } = entity;
  if (type === "pre") return preformatted(entity);
  if (type === "text_link") return link(entity.url);
  if (type === "url") return link(text);
  if (type === "spoiler") return spoiler();
  if (type === "bot_command") return command(text, onCommand);
  return same(document.createElement(TAGS[type] ?? "span"));
}

function same(element) {
  return { outer: element, inner: element };
}

function preformatted({ language }) {
  const outer = document.createElement("pre");
  const inner = document.createElement("code");
  if (language) outer.dataset.language = language;
  outer.tabIndex = 0;
  outer.append(inner);
  return { outer, inner };
}

function link(url) {
  if (!SAFE_LINK.test(url)) return same(document.createElement("span"));
  const element = document.createElement("a");
  Object.assign(element, { href: url, target: "_blank", rel: "noopener noreferrer", title: url });
  return same(element);
}

function command(text, onCommand) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "command";
  element.addEventListener("click", () => onCommand(text));
  return same(element);
}

function spoiler() {
  const element = document.createElement("span");
  element.className = "spoiler";
  element.tabIndex = 0;
  element.setAttribute("role", "button");
  element.setAttribute("aria-label", "Hidden text, show it");
  const show = (event) => {
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    element.classList.add("shown");
    for (const name of ["role", "aria-label", "tabindex"]) element.removeAttribute(name);
    element.removeEventListener("click", show);
    element.removeEventListener("keydown", show);
  };
  element.addEventListener("click", show);
  element.addEventListener("keydown", show);
  return same(element);
}
