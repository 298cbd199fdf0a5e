import assert from "node:assert/strict";
import { startGateway } from "@ssmd/gateway";
import { Metrics, silentLogger } from "@ssmd/runtime";
import { memoryTransport } from "@ssmd/transport";
import { NO_GLOBALS } from "../context.ts";
import { MarketsView } from "./markets_view.ts";
import { Source } from "./source.ts";

const WRITE = { write: () => {} };
const CONTEXT = { globals: NO_GLOBALS, process: { stdout: WRITE, stderr: WRITE } };
const NAMES = Array.from({ length: 2000 }, (_, i) => `M${String(i).padStart(4, "0")}`);

interface Connection {
  markets: number;
  subscriptions: { symbol: string }[];
}

async function until(look: () => Promise<boolean>): Promise<void> {
  const startMs = performance.now();
  while (!await look()) {
    assert.ok(performance.now() - startMs < 60_000, "waited a minute in vain");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("of 2,000 markets the stream is asked for those that are on the screen", async () => {
  const gateway = await startGateway({
    ...{ env: "test", transport: memoryTransport(), host: "127.0.0.1", port: 0, version: "0" },
    markets: NAMES.map((symbol) => ({ symbol, feed: "kraken", external: symbol })),
    ...{ feeds: [], logger: silentLogger, metrics: new Metrics("gateway") },
  });
  try {
    const source = new Source(CONTEXT, { env: "test", url: gateway.url }, {});
    const view = new MarketsView(() => {});
    const { rows } = await view.read(source);
    assert.equal(rows.length, 2000);
    const connection = async (): Promise<Connection | undefined> => {
      const answer = await source.ask("GET", "/v1/admin/clients");
      return (answer as { clients: Connection[] }).clients[0];
    };
    view.onShown(rows.slice(0, 20));
    await until(async () => (await connection())?.markets === 20);
    view.onShown(rows.slice(10, 30));
    // What goes is unsubscribed by another request than what comes is subscribed.
    await until(async () => {
      const symbols = (await connection())?.subscriptions.map(({ symbol }) => symbol) ?? [];
      return symbols.toSorted().join() === NAMES.slice(10, 30).join();
    });
    view.onHidden();
    await until(async () => await connection() === undefined);
  } finally {
    await gateway.close();
  }
});

Deno.test("more markets than one answer holds are all listed", async () => {
  const names = Array.from({ length: 5001 }, (_, i) => `M${i}`);
  const gateway = await startGateway({
    ...{ env: "test", transport: memoryTransport(), host: "127.0.0.1", port: 0, version: "0" },
    markets: names.map((symbol) => ({ symbol, feed: "kraken", external: symbol })),
    ...{ feeds: [], logger: silentLogger, metrics: new Metrics("gateway") },
  });
  const view = new MarketsView(() => {});
  try {
    const source = new Source(CONTEXT, { env: "test", url: gateway.url }, {});
    assert.equal((await view.read(source)).rows.length, names.length);
  } finally {
    view.onHidden();
    await gateway.close();
  }
});
