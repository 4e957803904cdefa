import type { Fault } from "../fault.ts";
import { sigkill } from "./sigkill.ts";

/** The faults that the library survives, in the order of their numbers. */
export const faults: readonly Fault[] = [sigkill];
