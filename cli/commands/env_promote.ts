import { registryPathOf, YamlEdit } from "@ssmd/metadata";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { applyChanges, EDIT, EDIT_FLAGS } from "../registry/change.ts";
import { Registry } from "../registry/registry.ts";

/** Fields that define what is captured; where it runs (transport, storage, keys, …) is not copied. */
const COPIED_FIELDS = ["feeds", "schema", "symbols"] as const;

const environment = (brief: string, placeholder: string) =>
  text(brief, { placeholder, completes: "environment", required: true });

export default defineCommand({
  name: "env promote",
  brief: "Copy what one environment captures to another one",
  description:
    "Copies feeds, schema version and symbols. Does not change where it runs: location, " +
    "transport, storage, journal, gateway, keys, credentials, endpoints, simulator.",
  examples: ["ssmd env promote demo demo-nats --dry-run"],
  flags: EDIT_FLAGS,
  args: [
    environment("Source environment", "from"),
    environment("Environment to change", "to"),
  ],
  ...EDIT,
  async run({ flags: { dryRun }, args: [from, to], context }) {
    const registry = await Registry.open(context.globals);
    const source = new YamlEdit(registry.text("environment", from));
    const edit = new YamlEdit(registry.text("environment", to));
    for (const field of COPIED_FIELDS) {
      const value = source.get([field]);
      if (JSON.stringify(value) === JSON.stringify(edit.get([field]))) continue;
      if (value === undefined) edit.remove([field]);
      else if (field === "symbols") promoteSymbols(edit, value as Record<string, unknown>);
      else edit.set([field], value);
    }
    const path = registryPathOf({ kind: "environment", name: to });
    const changes = new Map([[path, edit.toString()]]);
    const question = `Change what environment ${to} captures to that of ${from}?`;
    return await applyChanges(context, { registry, changes }, { dryRun, question });
  },
});

/** Edits symbol by symbol, to keep the comments of unchanged ones. */
function promoteSymbols(edit: YamlEdit, symbols: Record<string, unknown>): void {
  const own = (edit.get(["symbols"]) ?? {}) as Record<string, unknown>;
  for (const symbol of Object.keys(own)) {
    if (!Object.hasOwn(symbols, symbol)) edit.remove(["symbols", symbol]);
  }
  for (const [symbol, entry] of Object.entries(symbols)) {
    if (JSON.stringify(own[symbol]) !== JSON.stringify(entry)) {
      edit.set(["symbols", symbol], entry);
    }
  }
}
