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
  const asked: (string | undefined)[] = shards.length === 0 ? [undefined] : [...shards];
  const answers = await Promise.allSettled(
    asked.map((shard) =>
      transport.request(shardSubject(subject, shard), new Uint8Array(0), timeoutMs)
    ),
  );
  const given = answers.flatMap((each) => each.status === "fulfilled" ? [each.value] : []);
  const [first] = answers;
  if (given.length === 0 && first?.status === "rejected") throw first.reason;
  return given;
}
