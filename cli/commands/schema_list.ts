import { buildCommand, type Command } from "@stricli/core";
import { schemaVersionOn } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { viewOn } from "../registry/as_of.ts";
import { AS_OF_FLAGS, type AsOfFlags, docs } from "../registry/flags.ts";
import { noteOrigin, showList } from "../registry/show.ts";

/** `ssmd schema list` */
export const command: Command<SsmdContext> = buildCommand<AsOfFlags, [], SsmdContext>({
  docs: docs("List the registered schemas and the version of each that is in force", "", [
    "ssmd schema list",
    "ssmd schema list --as-of today --output json",
  ]),
  parameters: { flags: AS_OF_FLAGS },
  async func(flags) {
    const { registry, day, origin } = await viewOn(this.globals, flags.asOf);
    const rows = registry.names("schema").map((name) => {
      const schema = registry.schema(name);
      const version = schemaVersionOn(schema, day);
      return {
        schema: name,
        struct: schema.struct,
        version: version?.version ?? null,
        status: version?.status ?? null,
        since: version?.from ?? null,
        file: version?.file ?? null,
        sha256: version?.sha256 ?? null,
        versions: schema.versions.length,
      };
    });
    showList(this, rows, ["schema", "schemas"], flags.output);
    noteOrigin(this, origin);
  },
});
