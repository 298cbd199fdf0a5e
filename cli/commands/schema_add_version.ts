import { registryPathOf, schemaHash, todayUtc, YamlEdit } from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";
import { defineCommand } from "../command/define.ts";
import { day, file, on, text } from "../command/flag.ts";
import { applyChanges, EDIT, EDIT_FLAGS } from "../registry/change.ts";
import { SCHEMA_NAME } from "../registry/registry_args.ts";
import { Registry } from "../registry/registry.ts";
import { compareTexts, readText, schemaText } from "../registry/schema_file.ts";

export default defineCommand({
  name: "schema add-version",
  brief: "Add the next version of a schema, as a draft",
  description:
    "The text is compared with the newest version: incompatible changes, or changes that " +
    "lose data, are refused. The draft comes into force when set-status makes it active.",
  examples: ["ssmd schema add-version trade --file trade.capnp --from 2027-01-01 --dry-run"],
  flags: {
    ...EDIT_FLAGS,
    file: file("Schema text, a .capnp file", { required: true }),
    from: day("First day; default today"),
    notes: text("Notes for readers"),
    allowBreaking: on("Accept a text that is incompatible with old readers or old data"),
  },
  args: [SCHEMA_NAME],
  ...EDIT,
  async run({ flags, args: [name], context }) {
    const registry = await Registry.open(context.globals);
    const edit = new YamlEdit(registry.text("schema", name));
    const newest = registry.schema(name).versions.at(-1)?.version ?? "v0";
    const next = { name: flags.file, text: await readText(flags.file) };
    const comparison = compareTexts(await schemaText(registry, `${name}@${newest}`), next);
    if (!flags.allowBreaking) {
      assertCompatible(comparison, `${flags.file} does not fit ${name} ${newest}`);
    }
    const version = `v${Number(newest.slice(1)) + 1}`;
    const path = `${name}-${version}.capnp`;
    edit.append(["versions"], {
      version,
      from: flags.from ?? todayUtc(),
      file: path,
      sha256: schemaHash(next.text),
      status: "draft",
      ...(flags.notes === undefined ? {} : { notes: flags.notes }),
    });
    const changes = new Map([
      [`schemas/${path}`, next.text],
      [registryPathOf({ kind: "schema", name }), edit.toString()],
    ]);
    return await applyChanges(context, { registry, changes }, flags);
  },
});

function assertCompatible(
  { changes, effect }: ReturnType<typeof compareTexts>,
  sentence: string,
): void {
  if (effect === "compatible") return;
  const lines = changes.filter((each) => each.effect !== "compatible")
    .map(({ message }) => `\n  ${message}`);
  throw new ConfigError("SCHEMA_INCOMPATIBLE", `${sentence}:${lines.join("")}`, {
    hint: "Append fields only; --allow-breaking takes it all the same",
    context: { changes },
  });
}
