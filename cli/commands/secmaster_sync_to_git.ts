import {
  editorLine,
  type InstrumentFile,
  isOver,
  isSameInstrument,
  registryPathOf,
  usOfInstant,
  yamlText,
} from "@ssmd/metadata";
import { z } from "zod";
import { ENVIRONMENT_REQUIRED } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { duration, list } from "../command/flag.ts";
import { applyChanges, EDIT_FLAGS, EDIT_RESULT, editTable } from "../registry/change.ts";
import { Registry } from "../registry/registry.ts";
import { withBusInstruments } from "../secmaster/bus_instruments.ts";
import { checkRegistry } from "../registry/check_registry.ts";

export default defineCommand({
  name: "secmaster sync-to-git",
  brief: "Write instruments from the bus into files of the registry",
  description:
    "Writes the instruments given by --ids, by default all that have a file already. ssmd " +
    "commit commits the files. --settled-for adds those settled for that long: they get a " +
    "file, and the next run removes them from the bus when the file has everything that the " +
    "bus knows.",
  changes: "config-changes",
  examples: [
    "ssmd secmaster sync-to-git --env demo-nats --dry-run",
    "ssmd secmaster sync-to-git --env demo-nats --ids BTCUSD,ETHUSD --dry-run",
    "ssmd secmaster sync-to-git --env demo-nats --settled-for 7d --dry-run",
  ],
  flags: {
    ...EDIT_FLAGS,
    env: ENVIRONMENT_REQUIRED,
    ids: list("Ids of instruments, separated by commas"),
    settledFor: duration("Also those settled for that long, which then leave the bus: 7d"),
  },
  output: EDIT_RESULT.extend({
    left_bus: z.array(z.string()).describe(
      "Settled instruments that are only in files from now on",
    ),
  }),
  table: ({ left_bus, ...result }) => ({
    text: editTable(result).text + left_bus.map((id) => `left the bus: ${id}\n`).join(""),
  }),
  async run({ flags, context }) {
    const registry = await Registry.open(context.globals);
    const files = checkRegistry(registry).instruments;
    const known = await withBusInstruments(context, flags.env, (store) => store.known());
    const changes = new Map<string, string>();
    const settled = [...known.values()].filter((each) => isSettledFor(each, flags.settledFor));
    const ids = new Set([...flags.ids ?? files.keys(), ...settled.map(({ id }) => id)]);
    for (const id of ids) {
      const instrument = known.get(id);
      const file = files.get(id);
      if (instrument === undefined || (file && isSameInstrument(file, instrument))) continue;
      const path = registryPathOf({ kind: "instrument", name: id });
      changes.set(path, yamlText(instrument, [editorLine("instrument")]));
    }
    const result = await applyChanges(context, { registry, changes }, flags);
    // Keep those on the bus whose file was written just now: others may read the last commit.
    const left = settled.filter(({ id }) =>
      files.has(id) && !changes.has(registryPathOf({ kind: "instrument", name: id }))
    );
    if (!flags.dryRun && left.length > 0) {
      await withBusInstruments(context, flags.env, (store) => store.remove(left));
    }
    return { ...result, left_bus: left.map(({ id }) => id) };
  },
});

function isSettledFor(instrument: InstrumentFile, ms: number | undefined): boolean {
  const knownUs = usOfInstant(instrument.versions.at(-1)?.known ?? "");
  return ms !== undefined && knownUs !== undefined && isOver(instrument) &&
    Date.now() - knownUs / 1000 >= ms;
}
