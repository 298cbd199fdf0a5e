/** Settings of the runtime for programs that serve clients or read frames, wherever they are started. @module */

/**
 * Such programs have few long-lived objects: a small new space gives short pauses, and a low growth
 * factor collects before garbage matches the live size (default: up to three times).
 */
export const SERVING_V8 = "--v8-flags=--max-semi-space-size=4,--heap-growing-percent=30";

/**
 * Turning frames into records takes many small functions: up to this size, in bytes of bytecode,
 * V8 inlines calls into one function (default 920).
 */
const INLINING = "--max-inlined-bytecode-size-cumulative=4000";
/** For the connector. */
export const READING_V8 = `--v8-flags=${INLINING}`;
/** For `up`, which is gateway and connector. */
export const UP_V8 = `${SERVING_V8},${INLINING}`;

/** For glibc: return freed large buffers to the system; it would keep them after the first. */
export const SERVING_VARIABLES: Readonly<Record<string, string>> = {
  MALLOC_MMAP_THRESHOLD_: "131072",
  MALLOC_ARENA_MAX: "2",
};
