import {
  editorLine,
  isSameInstrument,
  loadSharedDeployment,
  registryPathOf,
  yamlText,
} from "@ssmd/metadata";
import { openTransport } from "@ssmd/transport";
import { ENVIRONMENT_REQUIRED } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { list } from "../command/flag.ts";
import { applyChanges, EDIT_FLAGS, EDIT_RESULT, editTable } from "../registry/change.ts";
import { Registry } from "../registry/registry.ts";
import { registryDirOf } from "../registry_dir.ts";
import { BusInstruments } from "@ssmd/connector";

export default defineCommand({
  name: "secmaster sync-to-git",
  brief: "Write instruments that the bus knows into files of the registry",
  description:
    "Of those that --ids names, else of all that have a file already. ssmd commit brings the files " +
    "into git.",
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
    const registryDir = await registryDirOf(context.globals);
    const { env } = flags;
    const deployment = await loadSharedDeployment({ env, registryDir, signsInto: () => [] });
    const transport = await openTransport(deployment.transport, { env });
    try {
      const store = await BusInstruments.open(transport, env);
      const known = await store.known();
      await store.close();
      const changes = new Map<string, string>();
      for (const id of flags.ids ?? files.keys()) {
        const instrument = known.get(id);
        const file = files.get(id);
        if (instrument === undefined || (file && isSameInstrument(file, instrument))) continue;
        const path = registryPathOf({ kind: "instrument", name: id });
        changes.set(path, yamlText(instrument, [editorLine("instrument")]));
      }
      return await applyChanges(context, { registry, changes }, flags);
    } finally {
      await transport.close();
    }
  },
});
