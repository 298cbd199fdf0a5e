import { buildCommand, type Command } from "@stricli/core";
import { schemaHash } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { docs, REGISTRY_FLAGS, type RegistryFlags } from "../registry/flags.ts";
import { Registry } from "../registry/registry.ts";
import { schemaText } from "../registry/schema_file.ts";
import { showList } from "../registry/show.ts";

/** `ssmd schema hash` */
export const command: Command<SsmdContext> = buildCommand<
  RegistryFlags,
  string[],
  SsmdContext
>(
  {
    docs: docs(
      "Print the SHA-256 of schemas and which registered version it is",
      "A name stands for the version in force, name@v1 for a version, a path for a file.",
      ["ssmd schema hash", "ssmd schema hash trade trade@v1 exchanges/schemas/trade.capnp"],
    ),
    parameters: {
      flags: REGISTRY_FLAGS,
      positional: {
        kind: "array",
        parameter: { brief: "Names, versions or files", placeholder: "schema", parse: String },
      },
    },
    async func(flags, ...specs) {
      const registry = await Registry.open(this.globals);
      const schemas = registry.names("schema");
      const registered = new Map(
        schemas.flatMap((name) =>
          registry.schema(name).versions.map(({ version, sha256 }) =>
            [sha256, `${name}@${version}`] as const
          )
        ),
      );
      const rows = await Promise.all((specs.length > 0 ? specs : schemas).map(async (spec) => {
        const { name, text } = await schemaText(registry, spec);
        const sha256 = schemaHash(text);
        return { schema: name, sha256, registered: registered.get(sha256) ?? null };
      }));
      showList(this, rows, ["text", "texts"], flags.output);
    },
  },
);
