/**
 * What a contract suite needs of a test runner. Vitest's `{ describe, it, beforeAll, afterAll }` is one; of `node:test`
 * it is `{ describe, it, beforeAll: before, afterAll: after }`.
 */
export interface ContractRunner {
  /** Groups tests. */
  describe(name: string, body: () => void): void;
  /** One test. */
  it(name: string, body: () => Promise<void>): void;
  /** Runs before the group's tests. */
  beforeAll(body: () => Promise<void>): void;
  /** Runs after them, however they went. */
  afterAll(body: () => Promise<void>): void;
}
