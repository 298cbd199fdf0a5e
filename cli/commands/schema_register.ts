import {
  editorLine,
  SCHEMA_STATUSES,
  schemaHash,
  type SchemaStatus,
  todayUtc,
  yamlText,
} from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";
import { defineCommand } from "../command/define.ts";
import { choice, day, file, text } from "../command/flag.ts";
import { UsageError } from "../exit.ts";
import { applyChanges, EDIT, EDIT_FLAGS } from "../registry/change.ts";
import { Registry } from "../registry/registry.ts";
import { builtInNames, builtInText, readText, structOf } from "../registry/schema_file.ts";

export default defineCommand({
  name: "schema register",
  brief: "Register schemas: text, SHA-256 and first day in force",
  description:
    "Reads the text from --file, else schemas/<name>.capnp, else the text this build of ssmd " +
    "writes records with. Without a name, registers all record types of this build that are " +
    "not registered yet. A registered text never changes; ssmd schema add-version adds the " +
    "next version. To register your own: ssmd schema register quote --file quote.capnp " +
    "--status draft.",
  examples: ["ssmd schema register", "ssmd schema register --from 2026-11-20 --dry-run"],
  flags: {
    ...EDIT_FLAGS,
    file: file("Schema text, a .capnp file; one name only"),
    struct: text("Struct of a message; default by the name", { placeholder: "name" }),
    from: day("First day; default today"),
    status: choice(SCHEMA_STATUSES, "draft, active or deprecated", { default: "active" }),
  },
  args: { each: text("Names of schemas", { placeholder: "schema", required: true }) },
  ...EDIT,
  async run({ flags, args, context }) {
    const registry = await Registry.open(context.globals);
    const names = args.length > 0
      ? args
      : builtInNames().filter((name) => !registry.texts.has(`schemas/${name}.yaml`));
    if (flags.file !== undefined && args.length !== 1) {
      throw new UsageError("USAGE", "--file gives the text of exactly one schema", {
        hint: "Name it: ssmd schema register trade --file trade.capnp",
      });
    }
    const changes = new Map<string, string>();
    for (const name of names) {
      registry.assertNew("schema", name);
      const content = await textOf(registry, name, flags.file);
      changes.set(`schemas/${name}.capnp`, content);
      changes.set(`schemas/${name}.yaml`, fileText(name, content, flags));
    }
    return await applyChanges(context, { registry, changes }, flags);
  },
});

async function textOf(registry: Registry, name: string, file?: string): Promise<string> {
  if (file !== undefined) return await readText(file);
  const text = registry.texts.get(`schemas/${name}.capnp`) ?? builtInText(name);
  if (text !== undefined) return text;
  throw new ConfigError("CONFIG_NOT_FOUND", `There is no text of schema "${name}"`, {
    hint: `Name it with --file; without one there are: ${builtInNames().join(", ")}`,
  });
}

/** Version options from the flags. */
interface VersionOptions {
  struct?: string;
  from?: string;
  status: SchemaStatus;
}

function fileText(name: string, text: string, flags: VersionOptions): string {
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
