import { buildCommand, type Command } from "@stricli/core";
import { registryPathOf, YamlEdit } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { applyChanges } from "../registry/change.ts";
import { docs, EDIT_FLAGS, type EditFlags, word } from "../registry/flags.ts";
import { Registry } from "../registry/registry.ts";

interface Flags extends EditFlags {
}

/** What is captured; where it runs (transport, storage, keys, …) stays the target's own. */
const PROMOTED = ["feeds", "schema", "symbols", "schedule"] as const;

/** `ssmd env promote` */
export const command: Command<SsmdContext> = buildCommand<
  Flags,
  [string, string],
  SsmdContext
>({
  docs: docs(
    "Bring what one environment captures into another one",
    "Feeds, schema version, symbols and schedule are taken over. Where it runs stays: location, transport, " +
      "storage, cache, journal, gateway, keys, credentials, endpoints, simulator.",
    ["ssmd env promote demo demo-nats --dry-run"],
  ),
  parameters: {
    flags: { ...EDIT_FLAGS },
    positional: {
      kind: "tuple",
      parameters: [word("Environment to take from", "from"), word("Environment to change", "to")],
    },
  },
  async func(flags, from, to) {
    const registry = await Registry.open(this.globals);
    const source = new YamlEdit(registry.text("environment", from));
    const edit = new YamlEdit(registry.text("environment", to));
    for (const field of PROMOTED) {
      const value = source.get([field]);
      if (JSON.stringify(value) === JSON.stringify(edit.get([field]))) continue;
      if (value === undefined) edit.remove([field]);
      else if (field === "symbols") promoteSymbols(edit, value as Record<string, unknown>);
      else edit.set([field], value);
    }
    const path = registryPathOf({ kind: "environment", name: to });
    await applyChanges(registry, new Map([[path, edit.toString()]]), flags, this, {
      question: `Change what environment ${to} captures to that of ${from}?`,
    });
  },
});

/** Symbol by symbol, so that comments of those that stay are kept. */
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
