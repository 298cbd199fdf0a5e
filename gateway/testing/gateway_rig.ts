import assert from "node:assert/strict";
import { Metrics, silentLogger } from "@ssmd/runtime";
import { memoryStorage } from "@ssmd/storage";
import { memoryTransport, type Transport } from "@ssmd/transport";
import { startGateway } from "../gateway.ts";
import type { Gateway, GatewayOptions } from "../gateway_options.ts";
import type { MarketSpec } from "../state/market_data.ts";
import { FakeConnector } from "./fake_connector.ts";
import { StreamClient } from "./stream_client.ts";

/** A gateway with one connector on an in-memory bus. */
export interface GatewayRig {
  transport: Transport;
  connector: FakeConnector;
  gateway: Gateway;
  metrics: Metrics;
  /** Opens a stream client; closed with the rig. */
  client(query?: string): Promise<StreamClient>;
  /** Returns a REST answer as JSON. */
  get(path: string): Promise<{ status: number; type: string; body: Record<string, unknown> }>;
}

const SPECS: MarketSpec[] = [
  { symbol: "BTCUSD", feed: "kraken", external: "BTC/USD" },
  { symbol: "ETHUSD", feed: "kraken", external: "ETH/USD" },
  { symbol: "KXBTC-26.5", feed: "kraken", external: "KXBTC-26.5" },
];

/** Runs a test with a gateway and closes everything after it. */
export async function withGateway(
  test: (rig: GatewayRig) => Promise<void>,
  answering = true,
  options: Partial<GatewayOptions> = {},
): Promise<void> {
  const transport = options.transport ?? memoryTransport();
  const connector = new FakeConnector("test", "kraken", transport);
  if (answering) await connector.answer();
  const metrics = new Metrics("gateway");
  const gateway = await startGateway({
    env: "test",
    transport,
    storage: memoryStorage(),
    registryDir: new URL("../../exchanges", import.meta.url).pathname,
    host: "127.0.0.1",
    port: 0,
    feeds: ["kraken"],
    markets: SPECS,
    logger: silentLogger,
    metrics,
    version: "0.0.0",
    ...options,
  });
  const clients: StreamClient[] = [];
  const client = async (query = "") => {
    const opened = await StreamClient.open(gateway.url, query);
    clients.push(opened);
    return opened;
  };
  const get = async (path: string) => {
    const response = await fetch(gateway.url + path);
    const text = await response.text();
    const type = response.headers.get("content-type") ?? "";
    return { status: response.status, type, body: type.includes("json") ? JSON.parse(text) : {} };
  };
  try {
    await test({ transport, connector, gateway, metrics, client, get });
  } finally {
    for (const opened of clients) await opened.close();
    connector.close();
    await gateway.close();
    await transport.close();
  }
}

/** Polls until `look` is true; fails after three minutes. */
export async function until(look: () => boolean): Promise<void> {
  const started = performance.now();
  while (!look()) {
    assert.ok(performance.now() - started < 180_000, "waited three minutes in vain");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
