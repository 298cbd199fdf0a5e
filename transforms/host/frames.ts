/** Kinds of frames: to a process that runs a transform. */
export const TO_HOST = { load: 1, run: 2 } as const;
/** Kinds of frames: of that process. */
export const FROM_HOST = { ready: 1, done: 2, failed: 3 } as const;
