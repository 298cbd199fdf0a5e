/** Settings of the runtime for programs that serve clients, wherever they are started. @module */

/**
 * Such programs have few long-lived objects: a small new space gives short pauses, and a low growth
 * factor collects before garbage matches the live size (default: up to three times).
 */
export const SERVING_V8 = "--v8-flags=--max-semi-space-size=4,--heap-growing-percent=30";

/** For glibc: return freed large buffers to the system; it would keep them after the first. */
export const SERVING_VARIABLES: Readonly<Record<string, string>> = {
  MALLOC_MMAP_THRESHOLD_: "131072",
  MALLOC_ARENA_MAX: "2",
};
