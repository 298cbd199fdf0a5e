import { shardSubject } from "@ssmd/market";
import type { Transport } from "@ssmd/transport";

/**
 * Returns the answers of a feed's connectors: one, or one per shard with symbols of the feed.
 * Rejects when none answers.
 */
export async function requestFeed(
  transport: Transport,
  subject: string,
  timeoutMs: number,
): Promise<Uint8Array[]> {
  const { shards = [] } = transport;
  const answers = await requestShards(transport, { subject, shards, timeoutMs });
  const given = answers.flatMap((each) => each.status === "fulfilled" ? [each.value] : []);
  const [first] = answers;
  if (given.length === 0 && first?.status === "rejected") throw first.reason;
  return given;
}

/** Returns the answer of each shard's connector; without shards, of the feed's only connector. */
export async function requestShards(
  transport: Transport,
  { subject, shards, timeoutMs }: {
    subject: string;
    shards: readonly string[];
    timeoutMs: number;
  },
): Promise<PromiseSettledResult<Uint8Array>[]> {
  const asked: (string | undefined)[] = shards.length === 0 ? [undefined] : [...shards];
  return await Promise.allSettled(
    asked.map((shard) =>
      transport.request(shardSubject(subject, shard), new Uint8Array(0), timeoutMs)
    ),
  );
}
