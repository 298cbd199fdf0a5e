import { buildCommand, type Command } from "@stricli/core";
import { SCHEMA_STATUSES, type SchemaStatus } from "@ssmd/metadata";
import { suggestion } from "@ssmd/runtime";
import type { SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { editFile } from "../registry/edit_file.ts";
import { docs, EDIT_FLAGS, type EditFlags, word } from "../registry/flags.ts";
import { noVersion } from "../registry/schema_file.ts";

/** `ssmd schema set-status` */
export const command: Command<SsmdContext> = buildCommand<
  EditFlags,
  [string, string, SchemaStatus],
  SsmdContext
>({
  docs: docs(
    "Move a version on: draft, active, deprecated",
    "Never back. One version is active: the one that was is deprecated by the same change.",
    ["ssmd schema set-status trade v1 deprecated --dry-run"],
  ),
  parameters: {
    flags: EDIT_FLAGS,
    positional: {
      kind: "tuple",
      parameters: [word("The schema's name", "schema"), word("The version, v1", "version"), {
        brief: "draft, active or deprecated",
        placeholder: "status",
        parse: parseStatus,
      }],
    },
  },
  async func(flags, name, version, status) {
    await editFile("schema", name, flags, this, (edit, registry) => {
      const schema = registry.schema(name);
      const index = schema.versions.findIndex((each) => each.version === version);
      const found = schema.versions[index];
      if (found === undefined) throw noVersion(registry, schema, version);
      if (SCHEMA_STATUSES.indexOf(status) < SCHEMA_STATUSES.indexOf(found.status)) {
        throw new UsageError(
          "USAGE",
          `${name} ${version} is ${found.status}, never ${status} again`,
          {
            hint: "a status goes forward only: draft, active, deprecated",
          },
        );
      }
      if (status === "active") {
        schema.versions.forEach((each, i) => {
          if (each.status === "active" && i !== index) {
            edit.set(["versions", i, "status"], "deprecated");
          }
        });
      }
      edit.set(["versions", index, "status"], status);
    });
  },
});

function parseStatus(text: string): SchemaStatus {
  const status = SCHEMA_STATUSES.find((each) => each === text);
  if (status) return status;
  throw new RangeError(suggestion(text, SCHEMA_STATUSES));
}
