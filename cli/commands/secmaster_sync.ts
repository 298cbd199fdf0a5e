import { VENUES } from "@ssmd/exchanges";
import { loadDeployment } from "@ssmd/metadata";
import { nowUs } from "@ssmd/runtime";
import { z } from "zod";
import { DRY_RUN, ENVIRONMENT_REQUIRED } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { on, parsed, text, word } from "../command/flag.ts";
import { oneRow } from "../command/table.ts";
import type { SsmdContext } from "../context.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { Registry } from "../registry/registry.ts";
import { registryDirOf } from "../registry_dir.ts";
import { instantFlag, timesOf } from "../secmaster/flags.ts";
import { withBusInstruments } from "../secmaster/bus_instruments.ts";
import { FileInstruments } from "../secmaster/file_instruments.ts";
import { type InstrumentStore, syncCatalogue } from "@ssmd/connector";
import { checkRegistry } from "../registry/check_registry.ts";

const VENUE_IDS = Object.values(VENUES).filter(({ catalogue }) => catalogue !== undefined)
  .map(({ id }) => id);

export default defineCommand({
  name: "secmaster sync",
  brief: "Update instruments from a venue's REST",
  description: "Writes only changes, as versions known from now on; a run without changes writes " +
    "nothing. Writes to the key-value store of the environment's bus, which gateways follow, " +
    "and to {env}.secmaster.changes; in an environment with the memory transport, to the " +
    "registry's files.",
  changes: "config-changes",
  examples: [
    "ssmd secmaster sync kalshi --env demo --url http://127.0.0.1:19201/trade-api/v2",
    "ssmd secmaster sync kalshi --env demo --series KXSIM --url http://127.0.0.1:19201/trade-api/v2",
  ],
  flags: {
    env: ENVIRONMENT_REQUIRED,
    dryRun: DRY_RUN,
    feed: text("Feed of the names; default: the venue's", {
      placeholder: "feed",
      completes: "feed",
    }),
    series: text("Only this series, at venues with series", { placeholder: "series" }),
    tokenized: on("Also pairs of tokenized assets (stocks), at venues that have them"),
    since: instantFlag("Only what changed since (UTC), where the venue can tell"),
    signed: on("Sign requests with the feed's key, which has a higher rate limit"),
    url: parsed(parseUrl, "REST address instead of the venue's", { placeholder: "url" }),
  },
  args: [word(VENUE_IDS, "Venue", { placeholder: "venue", required: true })],
  output: z.object({
    venue: z.string(),
    read: z.int().describe("Markets reported by the venue, and the exchange itself"),
    added: z.int().describe("New instruments"),
    changed: z.int().describe("Instruments with new information"),
    seconds: z.number(),
    dry_run: z.boolean(),
  }),
  table: oneRow,
  async run({ flags, args: [id], context }) {
    const startedMs = performance.now();
    const registry = await Registry.open(context.globals);
    const files = checkRegistry(registry).instruments;
    const { env, url, feed, series, tokenized, since, dryRun, signed } = flags;
    const signature = signed ? await credentialsOf(context, env, feed ?? id) : {};
    const sync = { venue: id, url, feed, series, tokenized, ...signature };
    const counts = await withStore(context, { registry, env }, (store) =>
      syncCatalogue(
        { ...sync, ...(since === undefined ? {} : { sinceS: sinceS(since) }) },
        { store, files, dryRun },
      ));
    const seconds = Math.round(performance.now() - startedMs) / 1000;
    return { venue: id, ...counts, seconds, dry_run: dryRun };
  },
});

async function credentialsOf(context: SsmdContext, env: string, feed: string) {
  const registryDir = await registryDirOf(context.globals);
  const deployment = await loadDeployment({ env, registryDir, signsInto: () => [feed] });
  return { credentials: await deployment.feed(feed).credentials() };
}

/** Opens the environment's bus, or the registry's files when the bus is in memory. */
async function withStore<T>(
  context: SsmdContext,
  { registry, env }: { registry: Registry; env: string },
  action: (store: InstrumentStore) => Promise<T>,
): Promise<T> {
  if (environmentOf(registry, env).transport.type === "memory") {
    const store = new FileInstruments(context, registry);
    const result = await action(store);
    await store.close();
    return result;
  }
  return await withBusInstruments(context, env, action);
}

function sinceS(since: string): number {
  return Math.min(timesOf({ asOf: since }).asOfUs, nowUs()) / 1e6;
}

function parseUrl(value: string): string {
  if (/^https?:\/\/[^/]+/.test(value)) return value.replace(/\/$/, "");
  throw new RangeError("an address is http://host:port/path");
}
