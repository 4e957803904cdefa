/** Lets a coach say how much memory it has taken at most, in MB. */
import { orders } from "./orders.ts";

orders.memory = () => process.resourceUsage().maxRSS / 1_024;
