import { editorLine, isSameInstrument, registryPathOf, yamlText } from "@ssmd/metadata";
import { ENVIRONMENT_REQUIRED } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { list } from "../command/flag.ts";
import { applyChanges, EDIT_FLAGS, EDIT_RESULT, editTable } from "../registry/change.ts";
import { Registry } from "../registry/registry.ts";
import { withBusInstruments } from "../secmaster/bus_instruments.ts";

export default defineCommand({
  name: "secmaster sync-to-git",
  brief: "Write instruments that the bus knows into files of the registry",
  description:
    "Of those that --ids names, else of all that have a file already. ssmd commit brings the files " +
    "into git.",
  changes: "config-changes",
  examples: [
    "ssmd secmaster sync-to-git --env demo-nats --dry-run",
    "ssmd secmaster sync-to-git --env demo-nats --ids BTCUSD,ETHUSD --dry-run",
  ],
  flags: {
    ...EDIT_FLAGS,
    env: ENVIRONMENT_REQUIRED,
    ids: list("Ids of instruments, with commas between"),
  },
  output: EDIT_RESULT,
  table: editTable,
  async run({ flags, context }) {
    const registry = await Registry.open(context.globals);
    const files = registry.check().instruments;
    const known = await withBusInstruments(context, flags.env, (store) => store.known());
    const changes = new Map<string, string>();
    for (const id of flags.ids ?? files.keys()) {
      const instrument = known.get(id);
      const file = files.get(id);
      if (instrument === undefined || (file && isSameInstrument(file, instrument))) continue;
      const path = registryPathOf({ kind: "instrument", name: id });
      changes.set(path, yamlText(instrument, [editorLine("instrument")]));
    }
    return await applyChanges(context, { registry, changes }, flags);
  },
});
