import { faultsThere } from "./faults/index.ts";
import { surviveQuickly } from "./quickly.ts";

surviveQuickly(faultsThere);
