import { shardSubject } from "@ssmd/market";
import type { Transport } from "@ssmd/transport";

/**
 * What the connectors of a feed answer: one, or one a shard that has symbols of the feed. Rejects when
 * none of them does.
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

/** What the connector of each of these shards answers; of a feed without shards that of its one. */
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
