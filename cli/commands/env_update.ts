import { defineCommand } from "../command/define.ts";
import { EDIT, EDIT_FLAGS } from "../registry/change.ts";
import { editFile } from "../registry/edit_file.ts";
import { ENV_NAME } from "../registry/registry_args.ts";
import { applySettings, SET_FLAGS } from "../registry/set_flags.ts";

export default defineCommand({
  name: "env update",
  brief: "Change values of an environment",
  description:
    "Values are YAML: numbers, words, [a, b], { type: nats, url: … }. Comments and order are " +
    "kept.",
  examples: [
    "ssmd env update demo --set gateway.port=8090 --dry-run",
    "ssmd env update demo --set 'transport={ type: nats, url: nats://127.0.0.1:4222 }' --dry-run",
    "ssmd env update demo --unset simulator.rate --dry-run",
  ],
  flags: { ...EDIT_FLAGS, ...SET_FLAGS },
  args: [ENV_NAME],
  ...EDIT,
  run: ({ flags, args: [name], context }) =>
    editFile(context, {
      ...{ kind: "environment", name },
      change: (edit) => applySettings(edit, flags),
    }, flags),
});
