import { type Logger, sleep } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";

/** Time without a message that ends draining; longer than a silent bus's detection and restart. */
const STUCK_MS_MAX = 20_000;
/** Time of an absent bus after which draining ends. */
const AWAY_MS_MAX = 5_000;
const LOOK_MS = 5;
/** Time for the newest sequence; without it, the messages come at the next start. */
const ANSWER_MS_MAX = 5_000;
const ASK_AGAIN_MS = 100;

/** Options of {@linkcode drain}. */
interface DrainOptions {
  transport: Transport;
  /** Filters of the consumer. */
  filters: readonly string[];
  /** Returns the sequence up to which the consumer has taken everything. */
  reached: () => number;
  /** Returns whether delivery is paused on our side for now. */
  busy: () => boolean;
  /** Returns why nothing can be taken now; "" = no problem. */
  problem: () => string;
  /** Returns whether to stop. */
  stop: () => boolean;
  logger: Logger;
  /** Longest wait for the next message; default 20 s. */
  stuckMsMax?: number | undefined;
}

/**
 * Waits until everything that the bus holds now was consumed. Ends earlier, with a warning, when
 * the bus is away or stalled, or nothing can be taken: the rest comes at the next start.
 */
export async function drain(options: DrainOptions): Promise<void> {
  const { logger, reached, transport } = options;
  const position = await newestSequence(options);
  const why = position === undefined
    ? transport.problem || "it does not say in time what it holds"
    : await waitUntil(position, options);
  if (why === "") return;
  logger.warn("the bus holds records that were not taken: they come again at the next start", {
    ...{ why, taken_to: reached(), newest: position ?? "unknown" },
  });
}

/** Waits for `target`; returns why it was not reached, "" = reached. */
async function waitUntil(target: number, options: DrainOptions): Promise<string> {
  const { transport, reached, busy, stop, problem, stuckMsMax = STUCK_MS_MAX } = options;
  let seen = -1;
  let movedMs = performance.now();
  let hereMs = performance.now();
  while (reached() < target) {
    const nowMs = performance.now();
    if (reached() !== seen || busy()) {
      seen = reached();
      movedMs = nowMs;
    }
    if (transport.problem === "") hereMs = nowMs;
    if (stop()) return "it was told to end";
    if (nowMs - hereMs > AWAY_MS_MAX) return transport.problem;
    if (nowMs - movedMs > stuckMsMax) {
      return problem() || `the bus gave nothing for ${stuckMsMax / 1000} s`;
    }
    await sleep(LOOK_MS);
  }
  return "";
}

/** Returns the newest matching sequence, 0 = none; undefined = no answer. */
async function newestSequence(options: DrainOptions): Promise<number | undefined> {
  const { transport, filters, stop } = options;
  const ended = new AbortController();
  const late = sleep(ANSWER_MS_MAX, ended.signal).then(() => undefined);
  const places = filters.map(async (filter) => {
    while (!ended.signal.aborted && !stop()) {
      try {
        return (await transport.last(filter))?.streamSequence ?? 0;
      } catch {
        if (transport.problem !== "") return undefined;
        // Retry a single failure; without an answer nothing would be drained.
        await sleep(ASK_AGAIN_MS, ended.signal);
      }
    }
    return undefined;
  });
  const known = await Promise.race([Promise.all(places), late]);
  ended.abort();
  const all = known?.filter((position) => position !== undefined);
  return all === undefined || all.length < filters.length ? undefined : Math.max(0, ...all);
}
