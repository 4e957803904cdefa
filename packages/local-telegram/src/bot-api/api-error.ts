/** What the Bot API answers instead of a result. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /** Seconds to wait, with 429. */
  readonly retryAfter: number | undefined;

  constructor(status: number, description: string, retryAfter?: number) {
    super(description);
    this.status = status;
    this.retryAfter = retryAfter;
  }

  toJson() {
    return {
      ok: false,
      error_code: this.status,
      description: this.message,
      ...(this.retryAfter !== undefined && { parameters: { retry_after: this.retryAfter } }),
    };
  }
}

export function badRequest(reason: string): ApiError {
  return new ApiError(400, `Bad Request: ${reason}`);
}
