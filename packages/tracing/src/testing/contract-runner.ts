/**
 * What a contract suite needs of a test runner. Vitest's `{ describe, it, beforeAll, afterAll }` is one; of `node:test`
 * it is `{ describe, it, beforeAll: before, afterAll: after }`.
 */
export interface ContractRunner {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>): void;
  beforeAll(body: () => Promise<void>): void;
  afterAll(body: () => Promise<void>): void;
}
