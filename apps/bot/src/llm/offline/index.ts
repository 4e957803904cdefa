export { createOfflineModel } from "./offline-model.ts";
export { OFFLINE_NOTICE } from "./offline-notice.ts";
