import { SsmdError, untilSignal } from "@ssmd/runtime";

/** Runs `work` until it ends or a signal arrives, which aborts it with SsmdError `INTERRUPTED`. */
export async function untilEnded<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const [ending, over] = [new AbortController(), new AbortController()];
  const ended = untilSignal(over.signal).then((signal) => {
    if (signal === undefined) return;
    ending.abort(new SsmdError("INTERRUPTED", `Ended by ${signal}; nothing is left behind`));
  });
  try {
    return await work(ending.signal);
  } finally {
    over.abort();
    await ended;
  }
}
