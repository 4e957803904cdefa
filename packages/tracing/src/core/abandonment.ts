/** What is to be told when an object through which a span would have ended is gone. */
export interface Abandonable {
  release(): void;
}

const registry = new FinalizationRegistry<Abandonable>((held) => held.release());

/** Calls `held.release()` some time after nobody can reach `object` any more; `held` must not reach it either. */
export function watch(object: object, held: Abandonable): void {
  registry.register(object, held);
}
