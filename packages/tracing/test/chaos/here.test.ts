import { faultsHere } from "./faults/index.ts";
import { surviveQuickly } from "./quickly.ts";

surviveQuickly(faultsHere);
