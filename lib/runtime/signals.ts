/** Signals that end a program. */
type EndSignal = "SIGINT" | "SIGTERM";

const ALIVE_MS = 3_600_000;
const END: readonly EndSignal[] = ["SIGINT", "SIGTERM"];

/**
 * Event loop turns (one second in all) in which repeated signals count as the first: a terminal
 * signals the whole process group, and `deno task` forwards what its child already received.
 * Counting turns covers a process that stalls between two such signals.
 */
const SAME_SIGNAL_TURNS = 10;
const TURN_MS = 100;

/**
 * Resolves on the first SIGINT or SIGTERM. Another one at least a second later ends the process at
 * once (exit code 130), for users who cannot wait for draining. `abort` stops waiting and resolves
 * with undefined. `exit` ends the process; tests inject their own.
 */
export function untilSignal(
  abort?: AbortSignal,
  exit: (code: number) => void = Deno.exit,
): Promise<EndSignal | undefined> {
  return new Promise((resolve) => {
    let turns: number | undefined;
    // Signal listeners alone do not keep the process alive.
    const alive = setInterval(() => {}, ALIVE_MS);
    let turning: ReturnType<typeof setInterval> | undefined;
    const end = (signal: EndSignal | undefined) => {
      clearInterval(alive);
      resolve(signal);
    };
    const listeners = END.map((name) => {
      const listener = () => {
        if (turns !== undefined) {
          if (turns >= SAME_SIGNAL_TURNS) exit(130);
          return;
        }
        turns = 0;
        turning = setInterval(() => turns = (turns ?? 0) + 1, TURN_MS);
        Deno.unrefTimer(turning);
        end(name);
      };
      Deno.addSignalListener(name, listener);
      return [name, listener] as const;
    });
    const giveUp = () => {
      clearInterval(turning);
      for (const [name, listener] of listeners) Deno.removeSignalListener(name, listener);
      end(undefined);
    };
    if (abort?.aborted) giveUp();
    else abort?.addEventListener("abort", giveUp, { once: true });
  });
}
