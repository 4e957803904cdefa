/** Traces as text for people: pure functions from what `TraceRepo` returns to lines for a terminal or a chat. */
export { renderSpan } from "./span.ts";
export { renderTraceList } from "./trace-list.ts";
export { type RenderOptions, type RenderTraceOptions, renderTrace } from "./trace-tree.ts";
