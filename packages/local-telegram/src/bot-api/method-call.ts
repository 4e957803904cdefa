import type { UserProfile } from "../chat/message.ts";
import type { TelegramState } from "../telegram-state.ts";
import type { Parameters } from "./parameters.ts";

export interface MethodCall {
  state: TelegramState;
  /** The bot whose token the call carries. */
  bot: UserProfile;
  parameters: Parameters;
  /** Aborted when the client goes away. */
  signal: AbortSignal;
}
