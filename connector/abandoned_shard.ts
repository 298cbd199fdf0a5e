import { decode } from "@ssmd/codec";
import type { Handover } from "@ssmd/exchanges";
import { type EventType, FEED_TYPES, type MarketEvent, subjectOf } from "@ssmd/market";
import { sleep, SsmdError } from "@ssmd/runtime";
import type { InMessage, Transport } from "@ssmd/transport";
import { type Owner, ShardOwners } from "./shard_owners.ts";

/** Silence that proves a shard stopped, ms; a running one publishes ten times a second. */
const SILENT_MS = 3_000;
const LOOK_BACK_MESSAGES = 4_096;
const LOOK_BACK_GROWTH = 8;

/** Identifies one shard of a feed. */
interface FeedOfShard {
  env: string;
  feed: string;
  shard: string;
}

/**
 * Releases the symbols of a shard that will not be started again and returns their names. Handovers
 * are built from the records on the bus; records only in its spool become part of the gaps. `bus`
 * is the shard's bus. Throws SsmdError `SHARD_RUNNING` while the shard publishes.
 */
export async function releaseAbandonedShard(
  bus: Transport,
  { env, feed, shard }: FeedOfShard,
): Promise<string[]> {
  const owners = await ShardOwners.open(bus, { feed, shard });
  try {
    const own = owners.own().filter(({ owner }) => owner.released === undefined);
    if (own.length > 0) await assertSilent(bus, shard);
    const released: string[] = [];
    for (const { symbol, owner } of own) {
      const subjects = FEED_TYPES.map((type) => subjectOf(env, feed, type, symbol));
      const handover = await handoverOnBus(bus, owner, subjects);
      const spec = { symbol, external: owner.external };
      if (await owners.set(spec, { released: handover })) released.push(symbol);
    }
    return released;
  } finally {
    owners.close();
  }
}

async function assertSilent(bus: Transport, shard: string): Promise<void> {
  const before = (await bus.state()).lastSequence;
  await sleep(SILENT_MS);
  if ((await bus.state()).lastSequence === before) return;
  throw new SsmdError("SHARD_RUNNING", `Shard ${shard} runs: it releases its symbols itself`, {
    hint: "Stop it, or change the environment's file and ssmd shard apply",
  });
}

async function handoverOnBus(
  bus: Transport,
  { external, sinceUs, taking }: Owner,
  subjects: readonly string[],
): Promise<Handover> {
  const last = await lastOf(bus, subjects);
  const trade = await lastOf(bus, subjects.filter((each) => each.split(".")[2] === "trade"));
  const before = taking ?? { fromUs: sinceUs };
  const fromUs = Math.max(before.fromUs, last?.receivedAtUs ?? 0);
  if (trade?.type !== "trade") return { ...before, fromUs };
  const known = [Number(trade.tradeId), trade.receivedAtUs, trade.timestampUs];
  return { fromUs, carried: { [external]: { trade: known } } };
}

/** Returns the newest record on any of the subjects; undefined when the bus holds none. */
async function lastOf(
  bus: Transport,
  filters: readonly string[],
): Promise<MarketEvent | undefined> {
  const { firstSequence, lastSequence } = await bus.state();
  for (let count = LOOK_BACK_MESSAGES;; count *= LOOK_BACK_GROWTH) {
    const first = Math.max(firstSequence, lastSequence - count + 1);
    let last: InMessage | undefined;
    for await (
      const batch of bus.read({ filters, from: { sequence: first }, toSequence: lastSequence })
    ) {
      last = batch.at(-1) ?? last;
    }
    if (last !== undefined) return decode(last.subject.split(".")[2] as EventType, last.payload);
    if (first <= firstSequence) return undefined;
  }
}
