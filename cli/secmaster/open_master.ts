import { type InstrumentFile, type InstrumentTime, SecurityMaster } from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";
import { z } from "zod";
import { text } from "../command/flag.ts";
import type { SsmdContext } from "../context.ts";
import { unknownName } from "../unknown_name.ts";
import { Registry } from "../registry/registry.ts";
import { withBusInstruments } from "./bus_instruments.ts";
import { checkRegistry } from "../registry/check_registry.ts";

/** Where the security master is read from. */
export const MASTER_FLAGS = {
  env: text("Also instruments on the bus of this environment, which replace those of files", {
    placeholder: "env",
    completes: "environment",
  }),
};

/**
 * Loads the security master from the registry's files and, with `env`, from that environment's bus.
 * Throws ConfigError, TransportError.
 */
export async function openMaster(
  context: SsmdContext,
  { env }: { env?: string | undefined } = {},
): Promise<SecurityMaster> {
  const registry = await Registry.open(context.globals);
  const master = new SecurityMaster();
  for (const instrument of checkRegistry(registry).instruments.values()) master.put(instrument);
  if (env === undefined) return master;
  const onBus = await withBusInstruments(context, env, (store) => store.known());
  for (const instrument of onBus.values()) master.put(instrument);
  return master;
}

/** Finds an instrument by id. Throws ConfigError `CONFIG_NOT_FOUND` that suggests the nearest id. */
export function instrumentOf(master: SecurityMaster, id: string): InstrumentFile {
  const found = master.get(id);
  if (found !== undefined) return found;
  const names = [...master.all()].map((each) => each.id);
  throw unknownName({
    ...{ what: "instrument", name: id, names },
    ...{ where: "in the security master", code: "CONFIG_NOT_FOUND" },
  });
}

/** Error `NOT_KNOWN_THEN`: no version was known for that time. */
export function notKnownThen({ id, versions }: InstrumentFile): ConfigError {
  const [first] = versions.toSorted((a, b) => a.known < b.known ? -1 : 1);
  return new ConfigError(
    "NOT_KNOWN_THEN",
    `Nothing of "${id}" was known to be valid at that time`,
    {
      hint: `Its first version holds from ${first?.effective} and is known since ${first?.known}`,
    },
  );
}

/** Instrument in lists. */
export const INSTRUMENT_ROW = z.object({
  id: z.string(),
  name: z.string(),
  asset_class: z.string(),
  state: z.string().nullable().describe("null = nothing was known for that time"),
  base: z.string().nullable(),
  quote: z.string().nullable(),
  figi: z.string().nullable(),
  feeds: z.array(z.string()).describe("Feeds that use it"),
});

/** Builds an instrument's row as of a time. */
export function instrumentRow(
  master: SecurityMaster,
  instrument: InstrumentFile,
  at: InstrumentTime,
): z.input<typeof INSTRUMENT_ROW> {
  const { id, name, asset_class, mappings } = instrument;
  const version = master.versionAt(id, at);
  return {
    ...{ id, name, asset_class },
    state: version?.state ?? null,
    base: version?.base ?? null,
    quote: version?.quote ?? null,
    figi: version?.figi ?? null,
    feeds: [...new Set(mappings.map(({ feed }) => feed))].sort(),
  };
}
