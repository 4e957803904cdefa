/** Says each kind of trouble once, and once that it is over. */
export class Trouble {
  readonly #warn: (message: string) => void;
  readonly #present = new Set<string>();

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  raise(kind: string, message: string): void {
    if (this.#present.has(kind)) return;
    this.#present.add(kind);
    this.#warn(message);
  }

  clear(kind: string, message: string): void {
    if (this.#present.delete(kind)) this.#warn(message);
  }
}

/** What an error says, for a message: its system code where it has one. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  return code && !error.message.includes(code) ? `${code}: ${error.message}` : error.message;
}
