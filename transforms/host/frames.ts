/** Frame kinds to a transform's process. */
export const TO_HOST = { load: 1, run: 2 } as const;
/** Frame kinds from a transform's process. */
export const FROM_HOST = { ready: 1, done: 2, failed: 3 } as const;
