/**
 * Sends a signal to a child that may have ended by itself in this moment.
 * @module
 */

/** Kills it unless told otherwise. A child that has ended is no error: Deno throws for it. */
export function endProcess(
  child: Pick<Deno.ChildProcess, "kill">,
  signal: Deno.Signal = "SIGKILL",
): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
}
