import type { Fault } from "../fault.ts";
import { anyOrder } from "./any-order.ts";
import { backlog } from "./backlog.ts";
import { clockSteps } from "./clock-steps.ts";
import { hostileValues } from "./hostile-values.ts";
import { kin } from "./kin.ts";
import { mutation } from "./mutation.ts";
import { retryAfter } from "./retry-after.ts";
import { sharing } from "./sharing.ts";
import { sigkill } from "./sigkill.ts";
import { signals } from "./signals.ts";
import { spoolCap } from "./spool-cap.ts";
import { stopped } from "./stopped.ts";
import { strangers } from "./strangers.ts";
import { suddenEnds } from "./sudden-ends.ts";
import { wrongTimes } from "./wrong-times.ts";

/** The faults that the library survives, in the order of their numbers. */
export const faults: readonly Fault[] = [
  sigkill,
  signals,
  suddenEnds,
  stopped,
  sharing,
  clockSteps,
  spoolCap,
  retryAfter,
  anyOrder,
  hostileValues,
  mutation,
  wrongTimes,
  backlog,
  kin,
  strangers,
];
