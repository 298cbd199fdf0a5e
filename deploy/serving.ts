/** Settings of the runtime for our programs, wherever they are started. @module */

/**
 * Collect when the old space has grown by this much (default: by up to 200 %), before garbage matches
 * the live size. The same in all our programs, sandboxes included: Deno keeps one compiled form of a
 * module, and a process with another percentage refuses it and compiles anew.
 */
const GROWTH_V8 = "--heap-growing-percent=30";

/**
 * Programs that serve clients have few long-lived objects: a small new space gives short pauses. Of
 * its full size at once, a start collects less.
 */
export const SERVING_V8 = `--v8-flags=--min-semi-space-size=4,--max-semi-space-size=4,${GROWTH_V8}`;

/** Commands are short, and most end before they would collect: they start with a large new space. */
export const COMMAND_V8 = `--v8-flags=--min-semi-space-size=16,${GROWTH_V8}`;

/** Programs that serve nobody. */
export const WORKING_V8 = `--v8-flags=${GROWTH_V8}`;

/** For glibc: return freed large buffers to the system; it would keep them after the first. */
export const SERVING_VARIABLES: Readonly<Record<string, string>> = {
  MALLOC_MMAP_THRESHOLD_: "131072",
  MALLOC_ARENA_MAX: "2",
};
