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
  const targets = await Promise.race([newestIds(options), late]);
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

async function newestIds({ transport, env, router, feeds }: DrainOptions): Promise<string[]> {
  const ids: string[] = [];
  const pairs = [...new Set([...feeds, ...router.feeds()])]
    .flatMap((feed) => FEED_TYPES.map((type) => ({ feed, type })));
  for (const { feed, type } of pairs) {
    try {
      const id = await transport.lastId(`${escapeToken(env)}.${escapeToken(feed)}.${type}.>`);
      if (id !== undefined && id !== "") ids.push(id);
    } catch {
      // The bus is away: what it holds comes at the next start.
      return [];
    }
  }
  return ids;
}

function isProcessed(router: WindowRouter, id: string): boolean {
  const position = parsePosition(id);
  if (position === undefined) return true;
  for (const day of router.days()) if (day.holds(position)) return true;
  return false;
}
