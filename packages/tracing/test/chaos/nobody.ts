/** Any user without rights will do. */
export const NOBODY = 65_534;
