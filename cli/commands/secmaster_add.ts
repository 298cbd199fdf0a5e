import {
  ASSET_CLASSES,
  editorLine,
  INSTRUMENT_FILE,
  registryPathOf,
  yamlText,
} from "@ssmd/metadata";
import { defineCommand } from "../command/define.ts";
import { choice, text } from "../command/flag.ts";
import { UsageError } from "../exit.ts";
import { EDIT } from "../registry/change.ts";
import type { Registry } from "../registry/registry.ts";
import { instantFlag, INSTRUMENT_ID, nowText } from "../secmaster/flags.ts";
import { applyInstrumentChange, CHANGE_FLAGS } from "../secmaster/instrument_change.ts";
import { newVersionText } from "../secmaster/new_version.ts";
import { TERMS_FLAGS, termsOf } from "../secmaster/terms_flags.ts";

export default defineCommand({
  name: "secmaster add",
  brief: "Add an instrument, or a version of one that starts at a given time",
  description: "A version is complete: fields not given by flags are copied from the newest one. " +
    "Earlier knowledge is not changed: a correction is a version with the same --effective " +
    "that became known later.",
  examples: [
    'ssmd secmaster add ADAUSD --name "Cardano / US dollar" --class crypto --base ADA --quote USD',
    "ssmd secmaster add BTCUSD --effective 2026-12-01 --size-min 0.0001 --dry-run",
    "ssmd secmaster add BTCUSD --state halted --dynamic --env demo-nats",
  ],
  flags: {
    ...CHANGE_FLAGS,
    name: text("Display name", { placeholder: "name" }),
    class: choice(ASSET_CLASSES, "Asset class"),
    effective: instantFlag("Time from which it is in force, according to the venue; default now"),
    ...TERMS_FLAGS,
  },
  args: [INSTRUMENT_ID],
  ...EDIT,
  run: ({ flags, args: [id], context }) =>
    applyInstrumentChange(
      context,
      { id, newText: (registry) => changedText(registry, id, flags) },
      flags,
    ),
});

/** The instrument's new text. */
function changedText(registry: Registry, id: string, flags: NewFlags & { effective?: string }) {
  const known = nowText();
  const times = { effective: flags.effective ?? known, known };
  const text = registry.texts.get(registryPathOf({ kind: "instrument", name: id }));
  return text === undefined
    ? newText(id, times, flags)
    : newVersionText(text, registry.valid("instrument", INSTRUMENT_FILE, id), {
      ...times,
      ...termsOf(flags),
    });
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
