import { defineCommand } from "../command/define.ts";
import { choice, list, on, text, whole } from "../command/flag.ts";
import { UsageError } from "../exit.ts";
import { EDIT, EDIT_FLAGS } from "../registry/change.ts";
import { editFile } from "../registry/edit_file.ts";
import { ENV_NAME } from "../registry/registry_args.ts";

const TYPES = ["api_key", "transport", "storage", "database", "tls", "webhook"] as const;

export default defineCommand({
  name: "env add-key",
  brief: "Declare a key that an environment needs, without its values",
  description: "With --feed, the fields also become that feed's credentials, as $key:name.field.",
  examples: [
    "ssmd env add-key demo kalshi --fields key_id,private_key --feed kalshi --dry-run",
    "ssmd env add-key demo bus --type transport --fields user,password --source file:./bus.yaml --dry-run",
  ],
  flags: {
    ...EDIT_FLAGS,
    type: choice(TYPES, "Purpose of the key", { default: "api_key" }),
    fields: list("Names of its fields: key_id,private_key", {
      placeholder: "names",
      required: true,
    }),
    source: text("Source of the values: env, file:<path>, mount:<dir> or sealed-secret/<name>", {
      default: "env",
      placeholder: "source",
    }),
    rotationDays: whole("Maximum age in days", { placeholder: "days" }),
    optional: on("Start components without it, too"),
    feed: text("Feed that signs in with it", { placeholder: "feed", completes: "feed" }),
  },
  args: [ENV_NAME, text("Name of the key", { placeholder: "key", required: true })],
  ...EDIT,
  run: ({ flags, args: [name, key], context }) =>
    editFile(context, {
      ...{ kind: "environment", name },
      change(edit) {
        if (edit.get(["keys", key]) !== undefined) {
          throw new UsageError("USAGE", `Environment ${name} has a key "${key}" already`, {
            hint: `Change it: ssmd env update ${name} --set keys.${key}.source=env`,
          });
        }
        edit.set(["keys", key], {
          type: flags.type,
          fields: flags.fields,
          ...(flags.optional ? { required: false } : {}),
          source: flags.source,
          ...(flags.rotationDays === undefined ? {} : { rotation_days: flags.rotationDays }),
        });
        if (flags.feed === undefined) return;
        const references = flags.fields.map((field) => [field, `$key:${key}.${field}`]);
        edit.set(["credentials", flags.feed], Object.fromEntries(references));
      },
    }, flags),
});
