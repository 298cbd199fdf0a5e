import { type Logger, sleep } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";

/** A bus that gives nothing for this long will not: longer than it takes to notice a silent one and to read anew. */
const STUCK_MS_MAX = 20_000;
/** A bus that is away for this long is not waited for. */
const AWAY_MS_MAX = 5_000;
const LOOK_MS = 5;
/** A bus that does not say in this time what it holds is away: what it holds comes at the next start. */
const ANSWER_MS_MAX = 5_000;
const ASK_AGAIN_MS = 100;

/** What is to be drained. */
interface DrainOptions {
  transport: Transport;
  /** What the consumer is given. */
  filters: readonly string[];
  /** All that the stream has for it up to here was taken. */
  reached: () => number;
  /** Whether a pause in delivery is of our own making and will end. */
  busy: () => boolean;
  /** Why nothing more can be taken now; "" = it can. */
  problem: () => string;
  /** Whether to leave. */
  stop: () => boolean;
  logger: Logger;
  /** Longest wait for the next message; default 20 s. */
  stuckMsMax?: number | undefined;
}

/**
 * Waits until all that the bus holds now was taken, up to its newest message. Ends before
 * that, and says why, when the bus is away, or nothing was given or could be taken for long: it
 * comes again at the next start.
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

/** Why a place was not reached; "" = it was. */
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

/** Place of the newest message for us, 0 = there is none; undefined = the bus does not say it. */
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
        // One question may fail; without its answer nothing would be waited for.
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
