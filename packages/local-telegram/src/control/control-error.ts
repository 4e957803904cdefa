/** A request that cannot be carried out; the message says what was received and what is accepted. */
export class ControlError extends Error {
  override readonly name = "ControlError";
}
