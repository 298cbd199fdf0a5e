import { buildCommand, type Command } from "@stricli/core";
import {
  editorLine,
  SCHEMA_STATUSES,
  schemaHash,
  type SchemaStatus,
  todayUtc,
  yamlText,
} from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";
import type { SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { applyChanges } from "../registry/change.ts";
import { dayFlag, docs, EDIT_FLAGS, type EditFlags, textFlag } from "../registry/flags.ts";
import { Registry } from "../registry/registry.ts";
import { builtInNames, builtInText, readText, structOf } from "../registry/schema_file.ts";

interface Flags extends EditFlags {
  file?: string;
  struct?: string;
  from?: string;
  status: SchemaStatus;
}

/** `ssmd schema register` */
export const command: Command<SsmdContext> = buildCommand<Flags, string[], SsmdContext>({
  docs: docs(
    "Register schemas: their text, its SHA-256 and the day from which they hold",
    "The text is that of --file, else schemas/<name>.capnp, else the one that this build of ssmd " +
      "writes records with. Without a name, all record types of this build that are not registered " +
      "yet. A registered text never changes; ssmd schema add-version brings the next one. One of your own: " +
      "ssmd schema register quote --file quote.capnp --status draft.",
    [
      "ssmd schema register",
      "ssmd schema register --from 2026-11-20 --dry-run",
    ],
  ),
  parameters: {
    flags: {
      ...EDIT_FLAGS,
      file: textFlag("The text, a .capnp file; one name only", "file"),
      struct: textFlag("The struct that a message holds; default by the name", "name"),
      from: dayFlag("First day; default today"),
      status: {
        kind: "enum",
        values: SCHEMA_STATUSES,
        default: "active",
        brief: "draft, active or deprecated",
      },
    },
    positional: {
      kind: "array",
      parameter: { brief: "Names of schemas", placeholder: "schema", parse: String },
    },
  },
  async func(flags, ...given) {
    const registry = await Registry.open(this.globals);
    const names = given.length > 0
      ? given
      : builtInNames().filter((name) => !registry.texts.has(`schemas/${name}.yaml`));
    if (flags.file !== undefined && given.length !== 1) {
      throw new UsageError("USAGE", "--file gives the text of exactly one schema", {
        hint: "name it: ssmd schema register trade --file trade.capnp",
      });
    }
    const changes = new Map<string, string>();
    for (const name of names) {
      registry.assertNew("schema", name);
      const text = await textOf(registry, name, flags.file);
      changes.set(`schemas/${name}.capnp`, text);
      changes.set(`schemas/${name}.yaml`, fileText(name, text, flags));
    }
    await applyChanges(registry, changes, flags, this);
  },
});

async function textOf(registry: Registry, name: string, file?: string): Promise<string> {
  if (file !== undefined) return await readText(file);
  const text = registry.texts.get(`schemas/${name}.capnp`) ?? builtInText(name);
  if (text !== undefined) return text;
  throw new ConfigError("CONFIG_NOT_FOUND", `there is no text of schema "${name}"`, {
    hint: `name it with --file; without one there are: ${builtInNames().join(", ")}`,
  });
}

function fileText(name: string, text: string, flags: Flags): string {
  const version = {
    version: "v1",
    from: flags.from ?? todayUtc(),
    file: `${name}.capnp`,
    sha256: schemaHash(text),
    status: flags.status,
  };
  const struct = flags.struct ?? structOf(name);
  return yamlText({ name, struct, versions: [version] }, [editorLine("schema")]);
}
