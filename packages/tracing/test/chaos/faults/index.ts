import type { Fault } from "../fault.ts";
import { anyOrder } from "./any-order.ts";
import { backlog } from "./backlog.ts";
import { clockSteps } from "./clock-steps.ts";
import { damagedFiles } from "./damaged-files.ts";
import { hostileValues } from "./hostile-values.ts";
import { kin } from "./kin.ts";
import { lostAcknowledgement } from "./lost-acknowledgement.ts";
import { lostFiles } from "./lost-files.ts";
import { mutation } from "./mutation.ts";
import { poison } from "./poison.ts";
import { refusedKey } from "./refused-key.ts";
import { refusingDisk } from "./refusing-disk.ts";
import { retryAfter } from "./retry-after.ts";
import { schemaMissing } from "./schema-missing.ts";
import { serverErrors } from "./server-errors.ts";
import { sharing } from "./sharing.ts";
import { sigkill } from "./sigkill.ts";
import { signals } from "./signals.ts";
import { spoolCap } from "./spool-cap.ts";
import { stopped } from "./stopped.ts";
import { strangers } from "./strangers.ts";
import { suddenEnds } from "./sudden-ends.ts";
import { tooLarge } from "./too-large.ts";
import { unreachable } from "./unreachable.ts";
import { wrongTimes } from "./wrong-times.ts";

/** What befalls the traced process, its machine and its spool. */
export const faultsHere: readonly Fault[] = [
  sigkill,
  signals,
  suddenEnds,
  stopped,
  refusingDisk,
  damagedFiles,
  lostFiles,
  sharing,
  clockSteps,
  spoolCap,
  backlog,
  kin,
];

/** What befalls a record on its way to the backend, and in it. */
export const faultsThere: readonly Fault[] = [
  unreachable,
  retryAfter,
  serverErrors,
  tooLarge,
  poison,
  refusedKey,
  lostAcknowledgement,
  schemaMissing,
  anyOrder,
  hostileValues,
  mutation,
  wrongTimes,
  strangers,
];

export const numberOf = ({ name }: Fault): number => Number.parseInt(name, 10);

/** All faults that the library survives, in the order of their numbers. */
export const faults: readonly Fault[] = [...faultsHere, ...faultsThere].sort(
  (a, b) => numberOf(a) - numberOf(b),
);
