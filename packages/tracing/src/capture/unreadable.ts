/** What stands for a member whose getter, or an object whose trap, threw. */
export class Unreadable {
  /** What was thrown, as far as it says so. */
  readonly #reason: string;

  constructor(error: unknown) {
    this.#reason = reasonOf(error);
  }

  get reason(): string {
    return this.#reason;
  }

  get text(): string {
    return `[threw: ${this.#reason}]`;
  }

  /** Told by a private field, which, unlike `instanceof`, asks nothing of a Proxy. */
  static is(value: object): value is Unreadable {
    return #reason in value;
  }
}

/** Whatever was thrown may throw as well when it is asked. Uncut: what is cut before it is redacted may end in half a secret. */
function reasonOf(error: unknown): string {
  try {
    const message: unknown =
      typeof error === "object" && error !== null ? (error as { message?: unknown }).message : error;
    return typeof message === "string" ? message : typeof error;
  } catch {
    return typeof error;
  }
}
