/** The signals that ask a program to end. */
export type EndSignal = "SIGINT" | "SIGTERM";

const ALIVE_MS = 3_600_000;
const END: readonly EndSignal[] = ["SIGINT", "SIGTERM"];

/**
 * Resolves with the first SIGINT or SIGTERM. A second one ends the process at once (exit code 130),
 * for people who cannot wait until all is drained. `abort` gives up waiting, then undefined comes.
 */
export function untilSignal(abort?: AbortSignal): Promise<EndSignal | undefined> {
  return new Promise((resolve) => {
    let asked = false;
    // Listeners alone do not keep the process alive.
    const alive = setInterval(() => {}, ALIVE_MS);
    const end = (signal: EndSignal | undefined) => {
      clearInterval(alive);
      resolve(signal);
    };
    const listeners = END.map((name) => {
      const listener = () => {
        if (asked) Deno.exit(130);
        asked = true;
        end(name);
      };
      Deno.addSignalListener(name, listener);
      return [name, listener] as const;
    });
    const giveUp = () => {
      for (const [name, listener] of listeners) Deno.removeSignalListener(name, listener);
      end(undefined);
    };
    if (abort?.aborted) giveUp();
    else abort?.addEventListener("abort", giveUp, { once: true });
  });
}
