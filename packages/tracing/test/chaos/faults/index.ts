import type { Fault } from "../fault.ts";
import { anyOrder } from "./any-order.ts";
import { backlog } from "./backlog.ts";
import { hostileValues } from "./hostile-values.ts";
import { kin } from "./kin.ts";
import { mutation } from "./mutation.ts";
import { sigkill } from "./sigkill.ts";
import { signals } from "./signals.ts";
import { strangers } from "./strangers.ts";
import { suddenEnds } from "./sudden-ends.ts";
import { wrongTimes } from "./wrong-times.ts";

/** The faults that the library survives, in the order of their numbers. */
export const faults: readonly Fault[] = [
  sigkill,
  signals,
  suddenEnds,
  anyOrder,
  hostileValues,
  mutation,
  wrongTimes,
  backlog,
  kin,
  strangers,
];
