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
  brief: "Add a dated version: what the venue changes on a day",
  description:
    "The new version is the newest one with what the flags change. It is in force from its first " +
    "day until the next version begins; a day in the future is announced and not yet in force. " +
    "Two versions of one day are refused.",
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
