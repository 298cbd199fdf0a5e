import { followSymbols, loadInstruments, orderedSymbols, shardsOfFeed } from "@ssmd/metadata";
import {
  beginLasting,
  COMMIT,
  ConfigError,
  runService,
  SsmdError,
  untilSignal,
  VERSION,
} from "@ssmd/runtime";
import { openBusAndStorage, openService, serveService, serviceFlags } from "@ssmd/service";
import { createArchiver } from "./mod.ts";

const FLAGS = {
  ...serviceFlags(9102),
  shard: { help: "shard whose records it archives; default: SHARD_ID", variable: "SHARD_ID" },
  "flush-seconds": {
    help: "write what waits at least this often, as further parts; default: minute by minute",
  },
} as const;

function flushMsOf(text: string): number {
  const seconds = Number(text);
  if (seconds >= 0.5 && seconds <= 3600) return seconds * 1000;
  throw new ConfigError("WRONG_USAGE", `--flush-seconds ${text} is no time to wait`, {
    hint: "A number of seconds from 0.5 to 3600",
  });
}

await runService("archiver", FLAGS, async (flags, stack) => {
  const opened = await openService({ ...flags, component: "archiver" });
  const { deployment, logger, metrics, health } = opened;
  const { environment, readEnvironment, shard } = deployment;
  const env = environment.name;
  const { transport, storage } = await openBusAndStorage(opened, "normalized", stack);
  const ordered = orderedSymbols(environment, shard);
  let current = environment;
  const archiver = createArchiver({
    ...{ env, transport, logger, metrics, health, shard, version: VERSION, commit: COMMIT },
    feeds: environment.feeds.filter((feed) => shard === undefined || ordered.has(feed)),
    // A shard that has lost its last market of a feed must still end the day.
    shardsOf: (feed) => [environment, current].flatMap((each) => shardsOfFeed(each, feed)),
    derivedOnly: shard === undefined && environment.shards !== undefined,
    ordered,
    storage,
    // A rolling update starts the successor first.
    leaseWaitMs: Infinity,
    ...(flags["flush-seconds"] === undefined ? {} : { flushMs: flushMsOf(flags["flush-seconds"]) }),
  });
  const scrape = serveService(flags, opened);
  stack.defer(() => scrape.close());
  stack.defer(() => archiver.close());
  // The start may wait for another archiver's lease without limit.
  const stopped = new AbortController();
  stack.defer(() => stopped.abort());
  const signal = untilSignal(stopped.signal);
  const isStarted = await Promise.race([archiver.start().then(() => true), signal]);
  const instruments = await loadInstruments();
  const onSymbols = (symbols: typeof environment.symbols) => {
    current = { ...environment, symbols };
    const byFeed = orderedSymbols(current, shard);
    for (const feed of environment.feeds) ordered.set(feed, byFeed.get(feed) ?? []);
  };
  const following = await beginLasting(async () => {
    const { unsubscribe } = await followSymbols(transport, {
      ...{ environment, readEnvironment, instruments, onSymbols },
    });
    return { close: unsubscribe };
  }, {
    onFailed: (error, isFirst) => {
      if (isFirst) logger.warn("changes of markets are not followed yet", { error });
    },
  });
  if (isStarted === true) logger.info("archiving", { env, metrics_port: scrape.port });
  stack.defer(() => following.close());
  return async () => {
    const end = await Promise.race([signal, archiver.failed]);
    if (end instanceof SsmdError) throw end;
    logger.info("stopping", { signal: end });
    await archiver.close();
    logger.info("stopped", { ...archiver.stats() });
  };
});
