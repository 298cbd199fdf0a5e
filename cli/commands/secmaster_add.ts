import { isDeepStrictEqual } from "node:util";
import {
  ASSET_CLASSES,
  editorLine,
  type InstrumentFile,
  registryPathOf,
  yamlText,
} from "@ssmd/metadata";
import { defineCommand } from "../command/define.ts";
import { choice, on, text } from "../command/flag.ts";
import { UsageError } from "../exit.ts";
import { applyChanges, EDIT, EDIT_FLAGS } from "../registry/change.ts";
import { Registry } from "../registry/registry.ts";
import { withBusInstruments } from "../secmaster/bus_instruments.ts";
import { instantFlag, INSTRUMENT_ID, nowText } from "../secmaster/flags.ts";
import { newVersionText } from "../secmaster/new_version.ts";
import { TERMS_FLAGS, termsOf } from "../secmaster/terms_flags.ts";

export default defineCommand({
  name: "secmaster add",
  brief: "Add an instrument, or a version of one: what holds from a time on",
  description:
    "A version holds whole: what flags do not name is taken over from the newest one. Nothing that " +
    "was known is changed: a correction is a version with the same --effective, known later.",
  examples: [
    'ssmd secmaster add ADAUSD --name "Cardano / US dollar" --class crypto --base ADA --quote USD',
    "ssmd secmaster add BTCUSD --effective 2026-12-01 --size-min 0.0001 --dry-run",
    "ssmd secmaster add BTCUSD --state halted --dynamic --env demo-nats",
  ],
  flags: {
    ...EDIT_FLAGS,
    dynamic: on("Into the key-value store of --env's bus, which all that runs follows, not a file"),
    env: text("With --dynamic: the environment", { placeholder: "env", completes: "environment" }),
    name: text("Name for people", { placeholder: "name" }),
    class: choice(ASSET_CLASSES, "What is traded"),
    effective: instantFlag("From when it holds, by the venue's account; default now"),
    ...TERMS_FLAGS,
  },
  args: [INSTRUMENT_ID],
  ...EDIT,
  async run({ flags, args: [id], context }) {
    const registry = await Registry.open(context.globals);
    if (!flags.dynamic) return await applyChanges(context, changed(registry, id, flags), flags);
    const { env } = flags;
    if (env === undefined) {
      throw new UsageError("USAGE", "--dynamic needs the environment whose bus gets it", {
        hint: `ssmd secmaster add ${id} --dynamic --env demo-nats`,
      });
    }
    return await withBusInstruments(context, env, async (store) => {
      for (;;) {
        const known = (await store.known()).get(id);
        const files = known === undefined
          ? registry
          : registry.with(new Map([[pathOf(id), textOf(known)]]));
        const change = changed(files, id, flags);
        const result = await applyChanges(context, change, {
          ...{ dryRun: true, isQuiet: !flags.dryRun },
        });
        const after = files.with(change.changes).check().instruments.get(id);
        // Compare and set: do not overwrite a concurrent change of another process.
        const isDone = flags.dryRun || after === undefined || await store.change(
          id,
          (stored) => isDeepStrictEqual(stored, known) ? after : undefined,
        );
        if (isDone) return { ...result, dry_run: flags.dryRun };
      }
    });
  },
});

function pathOf(id: string): string {
  return registryPathOf({ kind: "instrument", name: id });
}

function textOf(instrument: InstrumentFile): string {
  return yamlText(instrument, [editorLine("instrument")]);
}

/** The registry with the instrument's new text. */
function changed(registry: Registry, id: string, flags: NewFlags & { effective?: string }) {
  const known = nowText();
  const times = { effective: flags.effective ?? known, known };
  const text = registry.texts.get(pathOf(id));
  const after = text === undefined
    ? newText(id, times, flags)
    : newVersionText(text, registry.instrument(id), { ...times, ...termsOf(flags) });
  return { registry, changes: new Map([[pathOf(id), after]]) };
}

type NewFlags = Parameters<typeof termsOf>[0] & { name?: string; class?: string };

function newText(id: string, times: object, flags: NewFlags): string {
  if (flags.name === undefined || flags.class === undefined) {
    throw new UsageError("USAGE", `"${id}" is new: --name and --class are needed`, {
      hint: `ssmd secmaster add ${id} --name "…" --class ${ASSET_CLASSES[0]}`,
    });
  }
  const version = { ...times, state: "open", ...termsOf(flags) };
  const file = { id, name: flags.name, asset_class: flags.class, versions: [version] };
  return yamlText(file, [editorLine("instrument")]);
}
