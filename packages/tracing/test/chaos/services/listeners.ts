/** Adds the order `listeners`: how many listeners the process has for what a library has no business with. */
import { orders } from "./orders.ts";

const EVENTS = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "uncaughtException", "unhandledRejection"];

orders.listeners = () => Object.fromEntries(EVENTS.map((event) => [event, process.listenerCount(event)]));
