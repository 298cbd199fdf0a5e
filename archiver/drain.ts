import { type Logger, sleep } from "@ssmd/runtime";
import { escapeToken, FEED_TYPES } from "@ssmd/market";
import { parsePosition } from "@ssmd/archive";
import type { Transport } from "@ssmd/transport";
import type { WindowRouter } from "./window_router.ts";

/** The wait ends when nothing came for this long. */
const QUIET_MS = 1_000;
const LOOK_MS = 5;
/** A bus that does not say in this time what it holds is away: what it holds comes at the next start. */
const ANSWER_MS_MAX = 3_000;
const ASK_AGAIN_MS = 100;

/** What is to be drained. */
interface DrainOptions {
  transport: Transport;
  env: string;
  feeds: readonly string[];
  router: WindowRouter;
  /** Whether a pause in delivery is of our own making and will end. */
  busy: () => boolean;
  /** Whether to leave. */
  stop: () => boolean;
}

/** Waits for what the bus holds now; what it does not deliver in time comes again. */
export async function drain(options: DrainOptions & { logger: Logger }): Promise<void> {
  if (await waitUntilCaughtUp(options)) return;
  options.logger.warn("the bus holds records that it did not deliver in time; they come again");
}

/**
 * Waits until the router has processed what the bus holds now, by the newest id of each feed and
 * type; false when nothing came any more before that.
 */
async function waitUntilCaughtUp(options: DrainOptions): Promise<boolean> {
  const { router, stop, busy } = options;
  const ended = new AbortController();
  const late = sleep(ANSWER_MS_MAX, ended.signal).then(() => undefined);
  const targets = await Promise.race([newestIds(options, ended.signal), late]);
  ended.abort();
  if (targets === undefined) return false;
  let seen = -1;
  let seenMs = performance.now();
  while (!targets.every((id) => isProcessed(router, id))) {
    if (router.processedSequence !== seen || busy()) {
      seen = router.processedSequence;
      seenMs = performance.now();
    }
    if (stop() || performance.now() - seenMs > QUIET_MS) return false;
    await sleep(LOOK_MS);
  }
  return true;
}

/** Undefined = the bus does not say it: it is away, or `late` is over. */
async function newestIds(
  { transport, env, router, feeds, stop }: DrainOptions,
  late: AbortSignal,
): Promise<string[] | undefined> {
  const filters = [...new Set([...feeds, ...router.feeds()])].flatMap((feed) =>
    FEED_TYPES.map((type) => `${escapeToken(env)}.${escapeToken(feed)}.${type}.>`)
  );
  const ids: string[] = [];
  while (ids.length < filters.length && !late.aborted && !stop()) {
    try {
      ids.push(await transport.lastId(filters[ids.length] ?? "") ?? "");
    } catch {
      if (transport.problem !== "") return undefined;
      // One question may fail; without its answer nothing would be waited for.
      await sleep(ASK_AGAIN_MS, late);
    }
  }
  return ids.length < filters.length ? undefined : ids;
}

function isProcessed(router: WindowRouter, id: string): boolean {
  const position = parsePosition(id);
  if (position === undefined) return true;
  for (const day of router.days()) if (day.holds(position)) return true;
  return false;
}
