import { followEnriched } from "./bus/enriched_rows.ts";
import { followSelectedMarkets } from "./bus/selected_markets.ts";
import type { Gateway, GatewayOptions } from "./gateway_options.ts";
import { GatewayParts } from "./gateway_parts.ts";
import { listen } from "./http/http.ts";
import type { Route } from "./http/route.ts";
import { TlsFiles } from "./http/tls_files.ts";
import { RegistrySource } from "./meta/registry_source.ts";
import { feedInfoReader } from "./rest/feed_info.ts";
import { SelfCheck } from "./self_check.ts";
import type { EnrichedMessage, Market } from "./state/market.ts";

const FEED_TICK_MS = 1000;

/**
 * Starts a gateway: consumes live records, serves `/v1/stream`, REST and the page. Throws
 * {@linkcode SsmdError} PORT_IN_USE, LISTEN_FAILED or TLS_FILES_UNUSABLE, StorageError when
 * feedback cannot be stored, and the transport's errors when it cannot subscribe; everything is
 * closed then.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { registryDir, logger } = options;
  const registry = registryDir === undefined ? undefined : new RegistrySource(registryDir);
  const feedInfo = feedInfoReader(registry, logger);
  const tls = options.tls && await TlsFiles.open(options.tls, { logger });
  const parts = new GatewayParts(options, { registry, feedInfo, tls });
  let running: { port: number; followed: (() => void | Promise<void>)[] };
  try {
    if (options.loadsRoutesLate !== true) await parts.rest();
    running = await begin(parts, options);
  } catch (error) {
    await parts.close();
    throw error;
  }
  const { port, followed } = running;
  const ticker = setInterval(() => {
    for (const feed of parts.data.feeds.values()) feed.tick();
  }, FEED_TICK_MS);
  const check = checkItself(parts, options, port);
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  const url = `${tls === undefined ? "http" : "https"}://${host}:${port}`;
  logger.info("gateway listens", { url });
  return {
    ...{ url, port },
    routes: async () => (await parts.rest()).routes,
    stats: () => parts.stats(),
    close: async () => {
      clearInterval(ticker);
      check?.close();
      for (const end of followed) await end();
      await parts.close();
    },
  };
}

/** Returns the routes that a gateway with these options would serve, without starting it. */
export async function routesOf(options: GatewayOptions): Promise<readonly Route[]> {
  const parts = new GatewayParts(options, {
    ...{ registry: undefined, feedInfo: feedInfoReader(undefined, options.logger), tls: undefined },
  });
  const { routes } = await parts.rest();
  await parts.close();
  return routes;
}

/** Listens and subscribes to the bus; `followed` holds the closers of all other subscriptions. */
async function begin(parts: GatewayParts, options: GatewayOptions) {
  const { server, streams, subscriber, instruments, data } = parts;
  const { env, transport, logger, environment, registryDir } = options;
  // Before the first client: a resume is judged by the stream's end.
  await subscriber.start();
  const port = await listen(server, options.host, options.port);
  streams.attach(server);
  instruments.start();
  const followed: (() => void | Promise<void>)[] = [];
  if (parts.isEnriched) {
    const onRow = (row: EnrichedMessage, market: Market) =>
      parts.hub.deliverRecord(row, market, undefined);
    const rows = await followEnriched({ env, transport, data, onRow, logger });
    followed.push(() => rows?.unsubscribe());
  }
  const selected = await followSelectedMarkets({
    ...{ environment, registryDir, transport, logger },
    onSymbols: (symbols) => parts.takeSymbols(symbols),
  });
  followed.push(() => selected?.close());
  return { port, followed };
}

/** Starts the health check over HTTP; undefined when the options have no `onUnresponsive`. */
function checkItself(
  { checks, tls }: GatewayParts,
  { host, onUnresponsive }: GatewayOptions,
  port: number,
): SelfCheck | undefined {
  if (onUnresponsive === undefined) return undefined;
  const check = new SelfCheck({ host, port, onUnresponsive, isEncrypted: tls !== undefined });
  checks.requireForLiveness("self_check", () => check.problem || undefined);
  return check;
}
