/** Signals child processes that may already have exited. @module */

/** Sends a signal, by default SIGKILL. Ignores that the child has already exited (Deno throws). */
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
