import { buildCommand, type Command } from "@stricli/core";
import { registryPathOf, schemaHash, todayUtc, YamlEdit } from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";
import type { SsmdContext } from "../context.ts";
import { applyChanges } from "../registry/change.ts";
import {
  dayFlag,
  docs,
  EDIT_FLAGS,
  type EditFlags,
  neededFlag,
  switchFlag,
  textFlag,
  word,
} from "../registry/flags.ts";
import { Registry } from "../registry/registry.ts";
import { compareTexts, readText, schemaText } from "../registry/schema_file.ts";

interface Flags extends EditFlags {
  file: string;
  from?: string;
  notes?: string;
  allowBreaking: boolean;
}

/** `ssmd schema add-version` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string], SsmdContext>({
  docs: docs(
    "Add the next version of a schema, as a draft",
    "The text is compared with the newest version: one that breaks or loses what was written is " +
      "refused. The draft is in force when set-status makes it active.",
    ["ssmd schema add-version trade --file trade.capnp --from 2027-01-01 --dry-run"],
  ),
  parameters: {
    flags: {
      ...EDIT_FLAGS,
      file: neededFlag("The text, a .capnp file", "file"),
      from: dayFlag("First day; default today"),
      notes: textFlag("What a reader should know", "text"),
      allowBreaking: switchFlag("Take a text that old readers or old data do not fit"),
    },
    positional: { kind: "tuple", parameters: [word("The schema's name", "schema")] },
  },
  async func(flags, name) {
    const registry = await Registry.open(this.globals);
    const edit = new YamlEdit(registry.text("schema", name));
    const { versions } = registry.schema(name);
    const newest = versions.at(-1)?.version ?? "v0";
    const next = { name: flags.file, text: await readText(flags.file) };
    const { changes, effect } = compareTexts(await schemaText(registry, `${name}@${newest}`), next);
    if (effect !== "compatible" && !flags.allowBreaking) {
      const lines = changes.filter((each) => each.effect !== "compatible")
        .map(({ message }) => `\n  ${message}`);
      throw new ConfigError(
        "SCHEMA_INCOMPATIBLE",
        `${flags.file} does not fit ${name} ${newest}:${lines.join("")}`,
        {
          hint: "append fields only; --allow-breaking takes it all the same",
          context: { changes },
        },
      );
    }
    const version = `v${Number(newest.slice(1)) + 1}`;
    const file = `${name}-${version}.capnp`;
    edit.append(["versions"], {
      version,
      from: flags.from ?? todayUtc(),
      file,
      sha256: schemaHash(next.text),
      status: "draft",
      ...(flags.notes === undefined ? {} : { notes: flags.notes }),
    });
    const files = new Map([
      [`schemas/${file}`, next.text],
      [registryPathOf({ kind: "schema", name }), edit.toString()],
    ]);
    await applyChanges(registry, files, flags, this);
  },
});
