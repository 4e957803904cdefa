export type { Span, TraceDetail, TraceSummary } from "../store/shapes.ts";
