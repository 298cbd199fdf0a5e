/** The signals that ask a program to end. */
type EndSignal = "SIGINT" | "SIGTERM";

const ALIVE_MS = 3_600_000;
const END: readonly EndSignal[] = ["SIGINT", "SIGTERM"];

/**
 * Turns in which further signals are taken for the first, one second in all: a terminal gives one to
 * every process of a group, and `deno task` passes on what its child got already. A process that
 * stalls between two signals that came together has had no turns meanwhile.
 */
const SAME_SIGNAL_TURNS = 10;
const TURN_MS = 100;

/**
 * Resolves with the first SIGINT or SIGTERM. Another one a second later or more ends the process at
 * once (exit code 130), for people who cannot wait until all is drained. `abort` gives up waiting,
 * then undefined comes. `exit` ends the process;
 * tests give their own.
 */
export function untilSignal(
  abort?: AbortSignal,
  exit: (code: number) => void = Deno.exit,
): Promise<EndSignal | undefined> {
  return new Promise((resolve) => {
    let turns: number | undefined;
    // Listeners alone do not keep the process alive.
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
