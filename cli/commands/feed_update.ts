import { ConfigError } from "@ssmd/runtime";
import { defineCommand } from "../command/define.ts";
import { day, text } from "../command/flag.ts";
import { EDIT, EDIT_FLAGS } from "../registry/change.ts";
import { editFile } from "../registry/edit_file.ts";
import { capabilityFields, versionFields } from "../registry/feed_file.ts";
import { FEED_ID } from "../registry/registry_args.ts";
import { applySettings, SET_FLAGS } from "../registry/set_flags.ts";
import { VERSION_FLAGS } from "../registry/version_flags.ts";

export default defineCommand({
  name: "feed update",
  brief: "Correct a feed file: its own fields, or those of a version",
  description:
    "Flags of a version correct the newest one, or that of --from. For a change by the venue " +
    "use ssmd feed add-version, which keeps the earlier version.",
  examples: [
    'ssmd feed update kraken --display-name "Kraken Spot"',
    "ssmd feed update kraken --rate-limit 10/1s --symbols-per-connection 200 --dry-run",
    "ssmd feed update kraken --calendar crypto",
  ],
  flags: {
    ...EDIT_FLAGS,
    ...VERSION_FLAGS,
    ...SET_FLAGS,
    displayName: text("Display name", { placeholder: "name" }),
    calendar: text("Trading calendar", { placeholder: "name", completes: "calendar" }),
    from: day("First day of the version to correct; default the newest"),
  },
  args: [FEED_ID],
  ...EDIT,
  run: ({ flags, args: [id], context }) =>
    editFile(context, {
      ...{ kind: "feed", name: id },
      change(edit, registry) {
        if (flags.displayName !== undefined) edit.set(["display_name"], flags.displayName);
        if (flags.calendar !== undefined) edit.set(["calendar"], flags.calendar);
        const at = ["versions", versionIndex(registry.feed(id).versions, id, flags.from)];
        for (const [field, value] of Object.entries(versionFields(flags))) {
          edit.set([...at, field], value);
        }
        if (flags.sequenceField === "none") edit.remove([...at, "sequence_field"]);
        for (const [field, value] of Object.entries(capabilityFields(flags))) {
          edit.set([...at, "capabilities", field], value);
        }
        applySettings(edit, flags);
      },
    }, flags),
});

function versionIndex(
  versions: readonly { from: string }[],
  id: string,
  from: string | undefined,
): number {
  if (from === undefined) return versions.length - 1;
  const index = versions.findIndex((version) => version.from === from);
  if (index >= 0) return index;
  throw new ConfigError("CONFIG_NOT_FOUND", `No version of ${id} begins on ${from}`, {
    hint: `There are: ${versions.map((version) => version.from).join(", ")}`,
  });
}
