export { type EmbeddedOptions, type EmbeddedStore, openEmbedded } from "./embedded-store.ts";
