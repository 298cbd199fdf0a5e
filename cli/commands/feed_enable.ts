import { defineCommand } from "../command/define.ts";
import { EDIT, EDIT_FLAGS } from "../registry/change.ts";
import { editFile } from "../registry/edit_file.ts";
import { FEED_ID } from "../registry/registry_args.ts";

export default defineCommand({
  name: "feed enable",
  brief: "Enable a feed for environments",
  examples: ["ssmd feed enable kraken --dry-run"],
  flags: EDIT_FLAGS,
  args: [FEED_ID],
  ...EDIT,
  run: ({ flags, args: [id], context }) =>
    editFile(context, {
      ...{ kind: "feed", name: id },
      change: (edit) => edit.set(["status"], "active"),
    }, flags),
});
