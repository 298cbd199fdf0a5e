import { venueOfParser } from "@ssmd/exchanges";
import { loadEnrichment, loadInstruments, restBeside } from "@ssmd/metadata";
import { COMMIT, ConfigError, runService, untilSignal, VERSION } from "@ssmd/runtime";
import { openBusAndStorage, openService, serveService, serviceFlags } from "@ssmd/service";
import { openServiceTransport } from "@ssmd/transport";
import { assertNothingGivenUp } from "./connector.ts";
import { createConnector } from "./feed_connector.ts";
import { followFeed } from "./follow_symbols.ts";
import { feedShardOf } from "./feed_shard.ts";
import { knowsMarket } from "./last_stop.ts";
import { ShardOwners } from "./shard_owners.ts";
import { SymbolHandover, symbolsAtStart } from "./symbol_handover.ts";

const FLAGS = {
  ...serviceFlags(9101),
  shard: { help: "shard whose symbols it captures; default: SHARD_ID", variable: "SHARD_ID" },
  feed: { help: "feed to capture; may stay away where the environment has one" },
  endpoint: { help: "address in place of the environment's, for a simulator" },
} as const;

await runService("connector", FLAGS, async (flags, stack) => {
  const opened = await openService({
    ...{ env: flags.env, data: flags.data, shard: flags.shard, component: "connector" },
    signsInto: ({ feeds }) => flags.feed === undefined ? feeds : [flags.feed],
  });
  const { deployment, logger, metrics, health } = opened;
  const { environment, shard } = deployment;
  const env = environment.name;
  const id = flags.feed ?? (environment.feeds.length === 1 ? environment.feeds[0] : undefined);
  if (id === undefined) {
    throw new ConfigError("WRONG_USAGE", `Environment ${env} has several feeds`, {
      hint: `Name one: --feed ${environment.feeds.join(" | ")}`,
    });
  }
  const feed = deployment.feed(id);
  const feedShard = feedShardOf(environment, id, shard);
  const { transport, storage } = await openBusAndStorage(opened, "raw", stack);
  const { parser, ...wanted } = feed;
  const spoolDir = `${deployment.dataDir}/spool/${env}/${id}-${shard ?? "main"}`;
  const owners = feedShard &&
    await ShardOwners.open(transport, { feed: id, shard: feedShard.name });
  stack.defer(() => owners?.close());
  const symbols = owners === undefined
    ? wanted.symbols
    : await symbolsAtStart(owners, wanted.symbols, (market) => knowsMarket(spoolDir, market));
  const clients = owners &&
    await openServiceTransport(deployment.transport, { env, logger, health });
  stack.defer(() => clients?.close());
  const connector = createConnector({
    ...wanted,
    symbols,
    env,
    shard: feedShard,
    venue: venueOfParser(parser),
    normalizer: parser,
    endpoint: flags.endpoint ?? feed.endpoint,
    transport,
    clients,
    storage,
    spoolDir,
    connectsDir: `${deployment.dataDir}/spool`,
    enrichment: await loadEnrichment(environment),
    durability: environment.durability,
    logger,
    metrics,
    health,
    version: VERSION,
    commit: COMMIT,
  });
  stack.defer(() => connector.close());
  const scrape = serveService(flags, opened);
  stack.defer(() => scrape.close());
  const stopped = new AbortController();
  stack.defer(() => stopped.abort());
  // Installed before the start, so that a signal drains what was captured by then.
  const signal = untilSignal(stopped.signal);
  await connector.start();
  const handover = owners && clients && new SymbolHandover({
    ...{ env, feed: id, owners, connector, captured: symbols, bus: transport, clients, logger },
    health: health.component("connector", id),
  });
  stack.defer(() => handover?.close());
  const following = await followFeed(connector, {
    ...{ environment, feed: id, shard: feedShard, handover, bus: transport, logger },
    readEnvironment: deployment.readEnvironment,
    health: health.component("connector", id),
    venue: venueOfParser(parser),
    rest: flags.endpoint && feed.rest ? restBeside(flags.endpoint, feed.rest) : feed.rest,
    instruments: await loadInstruments(),
  });
  logger.info("capturing", { env, feed: id, metrics_port: scrape.port });
  return async () => {
    const why = await Promise.race([signal, connector.denied, connector.replaced]);
    stopped.abort();
    if (why instanceof Error) logger.error("stopping", { error: why });
    else logger.info("stopping", { signal: why });
    await following.close();
    await handover?.close();
    await connector.stop();
    const isFlushed = connector.stats().waiting === 0;
    await connector.close();
    if (isFlushed) await handover?.releaseAll();
    logger.info("stopped", { ...connector.stats() });
    if (why instanceof Error) throw why;
    assertNothingGivenUp(connector.stats());
  };
});
