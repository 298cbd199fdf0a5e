import { isDeepStrictEqual } from "node:util";
import { editorLine, registryPathOf, yamlText } from "@ssmd/metadata";
import { on, text } from "../command/flag.ts";
import type { SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { applyChanges, EDIT_FLAGS, type EditResult } from "../registry/change.ts";
import { Registry } from "../registry/registry.ts";
import { withBusInstruments } from "./bus_instruments.ts";
import { checkRegistry } from "../registry/check_registry.ts";

/** Flags of commands that change an instrument, in its file or on the bus. */
export const CHANGE_FLAGS = {
  ...EDIT_FLAGS,
  dynamic: on(
    "Write to the key-value store of --env's bus, which running processes follow, not to a file",
  ),
  env: text("With --dynamic: the environment", { placeholder: "env", completes: "environment" }),
};

/** New text of one instrument's file, given the registry with what is known of it. */
interface InstrumentChange {
  id: string;
  newText: (registry: Registry) => string;
}

/**
 * Writes a change of an instrument into its file, or with `dynamic` into the key-value store of an
 * environment's bus, on top of concurrent changes. Throws ConfigError, UsageError, and like the bus.
 */
export async function applyInstrumentChange(
  context: SsmdContext,
  { id, newText }: InstrumentChange,
  { dryRun, dynamic, env }: { dryRun: boolean; dynamic: boolean; env?: string },
): Promise<EditResult> {
  const registry = await Registry.open(context.globals);
  const path = registryPathOf({ kind: "instrument", name: id });
  const changeOf = (files: Registry) => ({
    registry: files,
    changes: new Map([[path, newText(files)]]),
  });
  if (!dynamic) return await applyChanges(context, changeOf(registry), { dryRun });
  if (env === undefined) {
    throw new UsageError("USAGE", "--dynamic needs the environment whose bus gets it", {
      hint: "Name it with --env",
    });
  }
  return await withBusInstruments(context, env, async (store) => {
    for (;;) {
      const known = (await store.known()).get(id);
      const files = known === undefined
        ? registry
        : registry.with(new Map([[path, yamlText(known, [editorLine("instrument")])]]));
      const change = changeOf(files);
      const result = await applyChanges(context, change, { dryRun: true, isQuiet: !dryRun });
      const after = checkRegistry(files.with(change.changes)).instruments.get(id);
      // Compare and set: do not overwrite a concurrent change of another process.
      const isDone = dryRun || after === undefined || await store.change(
        id,
        (stored) => isDeepStrictEqual(stored, known) ? after : undefined,
      );
      if (isDone) return { ...result, dry_run: dryRun };
    }
  });
}
