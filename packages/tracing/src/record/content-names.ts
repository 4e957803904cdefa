import { GEN_AI, LEGACY_NAMES } from "../conventions/attributes.ts";

const NAMES: ReadonlySet<string> = new Set(
  [
    GEN_AI.INPUT_MESSAGES,
    GEN_AI.OUTPUT_MESSAGES,
    GEN_AI.SYSTEM_INSTRUCTIONS,
    GEN_AI.TOOL_CALL_ARGUMENTS,
    GEN_AI.TOOL_CALL_RESULT,
  ].flatMap((name) => [name, ...(LEGACY_NAMES[name] ?? [])]),
);

/** What other instrumentations spread over many names, or name in their own way. */
const FAMILIES = [
  /^gen_ai\.(?:prompt|completion)\.\d/,
  /^gen_ai\.(?:tool\.definitions|retrieval\.(?:query\.text|documents))$/,
  /^llm\.(?:prompts?|completions?|input_messages|output_messages)(?:\.|$)/,
  /^ai\.(?:prompt|response\.(?:text|object|reasoning|toolCalls|files)|toolCall\.(?:args|result|input|output)|values?|embeddings?)(?:\.|$)/,
  /^(?:input|output)\.value$/,
  /^traceloop\.entity\.(?:input|output)$/,
];

/** Whether an attribute holds what a model or tool was asked or answered, and goes when content is switched off. */
export function isContentName(name: string): boolean {
  return NAMES.has(name) || FAMILIES.some((family) => family.test(name));
}

/** Whether the attributes of such an event are content: older GenAI conventions told each message as an event. */
export function isContentEvent(name: string): boolean {
  return /^gen_ai\.(?:.+\.message|choice|content\..+)$/.test(name);
}
