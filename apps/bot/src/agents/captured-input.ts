/** What the span of an agent keeps of a call: its input, and nothing of the run's context. */
export function withoutContext([input]: readonly unknown[]): unknown {
  return input;
}
