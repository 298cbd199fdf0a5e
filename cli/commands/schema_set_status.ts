import { SCHEMA_STATUSES } from "@ssmd/metadata";
import { defineCommand } from "../command/define.ts";
import { text, word } from "../command/flag.ts";
import { UsageError } from "../exit.ts";
import { EDIT, EDIT_FLAGS } from "../registry/change.ts";
import { editFile } from "../registry/edit_file.ts";
import { SCHEMA_NAME } from "../registry/registry_args.ts";
import { noVersion } from "../registry/schema_file.ts";

export default defineCommand({
  name: "schema set-status",
  brief: "Set the status of a schema version: draft, active, deprecated",
  description:
    "A status never goes back. One version is active: activating another one deprecates it " +
    "in the same change.",
  examples: ["ssmd schema set-status trade v1 deprecated --dry-run"],
  flags: EDIT_FLAGS,
  args: [
    SCHEMA_NAME,
    text("Version, like v1", { placeholder: "version", required: true }),
    word(SCHEMA_STATUSES, "draft, active or deprecated", { placeholder: "status", required: true }),
  ],
  ...EDIT,
  run: ({ flags, args: [name, version, status], context }) =>
    editFile(context, {
      ...{ kind: "schema", name },
      change(edit, registry) {
        const schema = registry.schema(name);
        const index = schema.versions.findIndex((each) => each.version === version);
        const found = schema.versions[index];
        if (found === undefined) throw noVersion(registry, schema, version);
        if (SCHEMA_STATUSES.indexOf(status) < SCHEMA_STATUSES.indexOf(found.status)) {
          throw new UsageError(
            "USAGE",
            `${name} ${version} is ${found.status}, never ${status} again`,
            { hint: "A status goes forward only: draft, active, deprecated" },
          );
        }
        for (const [i, each] of schema.versions.entries()) {
          const isReplaced = status === "active" && each.status === "active" && i !== index;
          if (isReplaced) edit.set(["versions", i, "status"], "deprecated");
        }
        edit.set(["versions", index, "status"], status);
      },
    }, flags),
});
