/** 0: done. 1: it failed, or what was asked for is not there. 2: bad usage. */
export type ExitCode = 0 | 1 | 2;

export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
