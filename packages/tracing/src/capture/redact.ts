/** Replaces what must never leave the process. */
export interface Redactor {
  /** Whether the value under this key, header or attribute name is a secret. */
  isSecretName(name: string): boolean;
  /** The text with every secret in it replaced. */
  text(value: string): string;
}

export function createRedactor(): Redactor {
  return { isSecretName: () => false, text: (value) => value };
}
