import { defineCommand } from "../command/define.ts";
import { EDIT, EDIT_FLAGS } from "../registry/change.ts";
import { editFile } from "../registry/edit_file.ts";
import { FEED_ID } from "../registry/registry_args.ts";

export default defineCommand({
  name: "feed disable",
  brief: "Disable a feed for all environments",
  description: "Refused while an environment uses it.",
  examples: ["ssmd feed disable kraken --dry-run"],
  flags: EDIT_FLAGS,
  args: [FEED_ID],
  ...EDIT,
  run: ({ flags, args: [id], context }) =>
    editFile(context, {
      ...{ kind: "feed", name: id },
      change: (edit) => edit.set(["status"], "disabled"),
    }, flags),
});
