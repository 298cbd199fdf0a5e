import { Encoder } from "@ssmd/codec";
import { type Gateway, startGateway } from "@ssmd/gateway";
import { type MarketEvent, subjectOf } from "@ssmd/market";
import { Metrics, nowUs, silentLogger } from "@ssmd/runtime";
import { memoryTransport } from "@ssmd/transport";

/** A record without what a publisher adds: its feed, its times and its number. */
export type NewRecord = Without<MarketEvent, "feed" | "timestampUs" | "receivedAtUs" | "sequence">;
type Without<T, Names extends string> = T extends unknown ? Omit<T, Names> : never;

/**
 * A gateway with so many markets, KXMANY-0000 and on, and what is published on its bus; on a free
 * port if `port` is 0.
 */
export async function withMarkets(
  count: number,
  test: (gateway: Gateway, publish: (record: NewRecord) => void) => Promise<void>,
  port = 0,
): Promise<void> {
  const transport = memoryTransport();
  const publisher = transport.publisher();
  const encoder = new Encoder();
  let sequence = 0;
  const markets = Array.from({ length: count }, (_, i) => ({
    ...{ symbol: `KXMANY-${String(i).padStart(4, "0")}`, feed: "kalshi", external: "" },
  }));
  const gateway = await startGateway({
    ...{ env: "test", transport, markets, feeds: ["kalshi"], host: "127.0.0.1", port },
    ...{ logger: silentLogger, metrics: new Metrics("gateway"), version: "0.0.0", info: {} },
  });
  try {
    await test(gateway, (record) => {
      const [now, number] = [nowUs(), ++sequence];
      const times = { timestampUs: now, receivedAtUs: now, sequence: number };
      const event: MarketEvent = { feed: "kalshi", ...times, ...record };
      const subject = subjectOf("test", event.feed, event.type, event.symbol);
      publisher.publish({ subject, payload: encoder.encode(event), id: `test-${number}` });
    });
  } finally {
    await gateway.close();
    await publisher.close();
    await transport.close();
  }
}
