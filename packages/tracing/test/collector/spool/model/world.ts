import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { Spool, type SpoolBatch, type SpoolOptions } from "../../../../src/collector/spool/spool.ts";
import { probeDirectoryLock } from "../../../../src/lock/directory-lock.ts";
import { makeScratch } from "../../../support/scratch.ts";
import { readSegments, type SegmentFile } from "./disk.ts";

/** A process as its spool sees it: one spool, and what it was told. */
export interface Process {
  spool: Spool;
  /** Dropped spans by reason, as reported. */
  drops: Map<string, number>;
  /** Adopted spans, as reported. */
  adopted: number;
  /** Batches that were handed out and are not settled. */
  taken: SpoolBatch[];
}

/** One root on a real disk, and the processes that share it: they crash without notice, and their files are spoiled. */
export class SpoolWorld {
  readonly root = makeScratch();
  readonly processes = new Map<string, Process>();
  readonly #dropped = new Map<string, number>();

  /** Spans that any process has reported as dropped, for a reason. */
  dropped(reason: string): number {
    return this.#dropped.get(reason) ?? 0;
  }

  open(name: string, options: Partial<SpoolOptions>): Process {
    const drops = new Map<string, number>();
    const spool = new Spool({
      dir: this.root,
      onDrop: (reason, spans) => {
        for (const counts of [drops, this.#dropped]) counts.set(reason, (counts.get(reason) ?? 0) + spans);
      },
      onAdopt: (spans) => {
        process.adopted += spans;
      },
      onWarn: () => undefined,
      ...options,
    });
    const process: Process = { spool, drops, adopted: 0, taken: [] };
    this.processes.set(name, process);
    return process;
  }

  process(name: string): Process {
    const process = this.processes.get(name);
    if (!process) throw new Error(`no process ${name}`);
    return process;
  }

  /** Ends a process in order; the kernel has its locks afterwards no more. */
  close(name: string): void {
    this.process(name).spool.close();
    this.processes.delete(name);
  }

  /**
   * Ends a process with nothing done: its directories stand as they did, and nobody holds them. With `cut`, the newest
   * segment that it wrote loses its end, from somewhere between its first and its last byte.
   */
  crash(name: string, cut?: number): void {
    const ownDir = basename(this.process(name).spool.dir);
    const before = new Map(readdirSync(this.root).map((dir) => [dir, this.#filesOf(dir)]));
    this.close(name);
    for (const [dir, files] of before) {
      const path = join(this.root, dir);
      if (existsSync(path) && probeDirectoryLock(path) === "held") continue;
      rmSync(path, { recursive: true, force: true });
      mkdirSync(path, { mode: 0o700 });
      for (const [file, bytes] of files) writeFileSync(join(path, file), bytes);
    }
    const newest = this.segments().findLast(({ dir }) => dir === ownDir);
    if (cut !== undefined && newest) truncateSync(newest.path, cut % (newest.bytes.length + 1));
  }

  segments(): SegmentFile[] {
    return readSegments(this.root);
  }

  /** Names of the directories of dead processes. */
  dead(): string[] {
    return readdirSync(this.root).filter((dir) => probeDirectoryLock(join(this.root, dir)) !== "held");
  }

  checkpoint(dir: string): Buffer | undefined {
    const path = this.#checkpointPath(dir);
    return existsSync(path) ? readFileSync(path) : undefined;
  }

  setCheckpoint(dir: string, bytes: Buffer | undefined): void {
    if (bytes === undefined) rmSync(this.#checkpointPath(dir), { force: true });
    else writeFileSync(this.#checkpointPath(dir), bytes);
  }

  end(): void {
    for (const name of [...this.processes.keys()]) this.close(name);
    rmSync(this.root, { recursive: true, force: true, maxRetries: 10 });
  }

  /** A lock's file is empty, and to open it would take its owner's lock away. */
  #filesOf(dir: string): Map<string, Buffer> {
    const path = join(this.root, dir);
    const read = (file: string) => (file === "lock" ? Buffer.alloc(0) : readFileSync(join(path, file)));
    return new Map(readdirSync(path).map((file) => [file, read(file)]));
  }

  #checkpointPath(dir: string): string {
    return join(this.root, dir, "checkpoint.ndjson");
  }
}
