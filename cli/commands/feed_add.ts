import { ENVIRONMENT_REQUIRED } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { EDIT, EDIT_FLAGS } from "../registry/change.ts";
import { editFile } from "../registry/edit_file.ts";
import { FEED_ID } from "../registry/registry_args.ts";

export default defineCommand({
  name: "feed add",
  brief: "Add a feed of the registry to an environment",
  examples: ["ssmd feed add kraken --env kalshi --dry-run"],
  flags: { ...EDIT_FLAGS, env: ENVIRONMENT_REQUIRED },
  args: [FEED_ID],
  ...EDIT,
  run: ({ flags, args: [id], context }) =>
    editFile(context, {
      ...{ kind: "environment", name: flags.env },
      change(edit, registry) {
        registry.text("feed", id);
        edit.append(["feeds"], id);
      },
    }, flags),
});
