import { buildCommand, type Command } from "@stricli/core";
import type { SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { editFile } from "../registry/edit_file.ts";
import {
  docs,
  EDIT_FLAGS,
  type EditFlags,
  numberFlag,
  parseList,
  switchFlag,
  textFlag,
  word,
} from "../registry/flags.ts";

const TYPES = ["api_key", "transport", "storage", "database", "tls", "webhook"] as const;

interface Flags extends EditFlags {
  type: typeof TYPES[number];
  fields: string[];
  source: string;
  rotationDays?: number;
  optional: boolean;
  feed?: string;
}

/** `ssmd env add-key` */
export const command: Command<SsmdContext> = buildCommand<
  Flags,
  [string, string],
  SsmdContext
>(
  {
    docs: docs(
      "Declare a key that an environment needs; its values stand elsewhere",
      "With --feed the fields are also named as that feed's credentials, as $key:name.field.",
      [
        "ssmd env add-key demo kalshi --fields key_id,private_key --feed kalshi --dry-run",
        "ssmd env add-key demo bus --type transport --fields user,password --source file:./bus.yaml --dry-run",
      ],
    ),
    parameters: {
      flags: {
        ...EDIT_FLAGS,
        type: { kind: "enum", values: TYPES, default: "api_key", brief: "What it is for" },
        fields: {
          kind: "parsed",
          parse: parseList,
          brief: "Names of its parts: key_id,private_key",
          placeholder: "names",
        },
        source: {
          kind: "parsed",
          parse: String,
          default: "env",
          brief: "Where it comes from: env, file:<path>, mount:<dir> or sealed-secret/<name>",
          placeholder: "source",
        },
        rotationDays: numberFlag("How old it may become", "days"),
        optional: switchFlag("Components start without it"),
        feed: textFlag("Feed that signs in with it", "feed"),
      },
      positional: {
        kind: "tuple",
        parameters: [word("The environment's name", "env"), word("The key's name", "key")],
      },
    },
    async func(flags, name, key) {
      await editFile("environment", name, flags, this, (edit) => {
        if (edit.get(["keys", key]) !== undefined) {
          throw new UsageError("USAGE", `environment ${name} has a key "${key}" already`, {
            hint: `change it: ssmd env update ${name} --set keys.${key}.source=env`,
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
      });
    },
  },
);
