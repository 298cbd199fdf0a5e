import { defineCommand } from "../command/define.ts";
import { day } from "../command/flag.ts";
import { UsageError } from "../exit.ts";
import { EDIT, EDIT_FLAGS } from "../registry/change.ts";
import { editFile } from "../registry/edit_file.ts";
import { capabilityFields, versionFields } from "../registry/feed_file.ts";
import { FEED_ID } from "../registry/registry_args.ts";
import { VERSION_FLAGS } from "../registry/version_flags.ts";

export default defineCommand({
  name: "feed add-version",
  brief: "Add a dated version to a feed, for a change by the venue",
  description:
    "The new version is a copy of the newest one with the changes given by flags. It is in " +
    "force from its first day until the next version begins; a version of a future day is " +
    "announced, but not yet in force. Two versions of the same day are refused.",
  examples: ["ssmd feed add-version kraken --from 2027-01-15 --endpoint wss://ws.kraken.com/v3"],
  flags: {
    ...EDIT_FLAGS,
    ...VERSION_FLAGS,
    from: day("First day of the version: YYYY-MM-DD, UTC", { required: true }),
  },
  args: [FEED_ID],
  ...EDIT,
  run: ({ flags, args: [id], context }) =>
    editFile(context, {
      ...{ kind: "feed", name: id },
      change(edit, registry) {
        const last = registry.feed(id).versions.length - 1;
        const newest = edit.get(["versions", last]) as Record<string, unknown>;
        const { notes: _, ...kept } = newest;
        const capabilities = { ...(kept["capabilities"] as object), ...capabilityFields(flags) };
        const version: Record<string, unknown> = { ...kept, ...versionFields(flags) };
        if (flags.sequenceField === "none") delete version["sequence_field"];
        if (String(newest["from"]) > flags.from) {
          throw new UsageError("USAGE", `The newest version begins on ${newest["from"]}, later`, {
            hint: "History is not rewritten: add versions after the newest one",
          });
        }
        edit.append(["versions"], { ...version, from: flags.from, capabilities });
      },
    }, flags),
});
