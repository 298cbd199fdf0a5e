/** Settings of the runtime for programs that serve clients, wherever they are started. @module */

/**
 * Such programs have few long-lived objects: a small new space gives short pauses, of its full size
 * at once, so that a start collects less. A low growth factor collects before garbage matches the
 * live size (default: up to three times). Their sandboxes have the same one: Deno keeps one compiled
 * form of a module, and a process with another factor refuses it and compiles again.
 */
export const SERVING_V8 =
  "--v8-flags=--min-semi-space-size=4,--max-semi-space-size=4,--heap-growing-percent=30";

/** For glibc: return freed large buffers to the system; it would keep them after the first. */
export const SERVING_VARIABLES: Readonly<Record<string, string>> = {
  MALLOC_MMAP_THRESHOLD_: "131072",
  MALLOC_ARENA_MAX: "2",
};
