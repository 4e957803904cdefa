/** What stands for a member whose getter, or an object whose trap, threw. */
export class Unreadable {
  readonly #text: string;

  constructor(error: unknown) {
    this.#text = `[threw: ${reason(error)}]`;
  }

  get text(): string {
    return this.#text;
  }

  /** Told by a private field, which, unlike `instanceof`, asks nothing of a Proxy. */
  static is(value: object): value is Unreadable {
    return #text in value;
  }
}

/** Whatever was thrown may throw as well when it is asked. Uncut: what is cut before it is redacted may end in half a secret. */
function reason(error: unknown): string {
  try {
    const message: unknown =
      typeof error === "object" && error !== null ? (error as { message?: unknown }).message : error;
    return typeof message === "string" ? message : typeof error;
  } catch {
    return typeof error;
  }
}
