import type { Access } from "../access/access.ts";
import { PROTOCOL_VERSION } from "../protocol/requests.ts";
import type { Client } from "./client.ts";
import type { MarketData } from "../state/market_data.ts";

/** Returns the first message of a connection. */
export function welcomeOf(
  { env, version, data, pingEveryMs }: {
    env: string;
    version: string;
    data: MarketData;
    pingEveryMs: number;
  },
  access: Access,
  client: Client,
): string {
  return JSON.stringify({
    type: "welcome",
    protocol: PROTOCOL_VERSION,
    server: `ssmd/${version}`,
    env,
    feeds: [...data.feeds.keys()].filter((feed) => access.seesFeed(feed)),
    markets: marketsSeen(data, access),
    client: client.id,
    policy: client.sendQueue.policy,
    buffer_bytes_max: client.sendQueue.limits.bytesMax,
    ping_ms: pingEveryMs,
    ts: Date.now(),
  });
}

function marketsSeen(data: MarketData, access: Access): number {
  if (access.client === "") return data.marketCount;
  let visible = 0;
  for (const market of data.markets()) {
    if (access.typesOf(market.feed.id, market.symbol) !== 0) visible++;
  }
  return visible;
}
