import { buildCommand, type Command } from "@stricli/core";
import { ConfigError } from "@ssmd/runtime";
import type { SsmdContext } from "../context.ts";
import { editFile } from "../registry/edit_file.ts";
import { capabilityFields, versionFields, type VersionFlags } from "../registry/feed_file.ts";
import { dayFlag, docs, EDIT_FLAGS, type EditFlags, textFlag, word } from "../registry/flags.ts";
import { applySettings, SET_FLAGS, type SetFlags } from "../registry/set_flags.ts";
import { VERSION_FLAGS } from "../registry/version_flags.ts";

interface Flags extends EditFlags, VersionFlags, SetFlags {
  displayName?: string;
  calendar?: string;
  from?: string;
}

/** `ssmd feed update` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string], SsmdContext>({
  docs: docs(
    "Correct a feed file: its own fields, or those of a version",
    "Flags of a version correct the newest one, or that of --from. What a venue changed on a day is " +
      "no correction: ssmd feed add-version keeps what held before.",
    [
      'ssmd feed update kraken --display-name "Kraken Spot"',
      "ssmd feed update kraken --rate-limit 10/1s --symbols-per-connection 200 --dry-run",
      "ssmd feed update kraken --calendar always",
    ],
  ),
  parameters: {
    flags: {
      ...EDIT_FLAGS,
      ...VERSION_FLAGS,
      ...SET_FLAGS,
      displayName: textFlag("Name for people", "name"),
      calendar: textFlag("Trading calendar", "name"),
      from: dayFlag("First day of the version to correct; default the newest"),
    },
    positional: { kind: "tuple", parameters: [word("The feed's id", "feed")] },
  },
  async func(flags, id) {
    await editFile("feed", id, flags, this, (edit, registry) => {
      if (flags.displayName !== undefined) edit.set(["display_name"], flags.displayName);
      if (flags.calendar !== undefined) edit.set(["calendar"], flags.calendar);
      const { versions } = registry.feed(id);
      const index = flags.from === undefined
        ? versions.length - 1
        : versions.findIndex(({ from }) => from === flags.from);
      if (index < 0) {
        const days = versions.map(({ from }) => from).join(", ");
        throw new ConfigError("CONFIG_NOT_FOUND", `no version of ${id} begins on ${flags.from}`, {
          hint: `there are: ${days}`,
        });
      }
      const at = ["versions", index];
      for (const [field, value] of Object.entries(versionFields(flags))) {
        edit.set([...at, field], value);
      }
      if (flags.sequenceField === "none") edit.remove([...at, "sequence_field"]);
      for (const [field, value] of Object.entries(capabilityFields(flags))) {
        edit.set([...at, "capabilities", field], value);
      }
      applySettings(edit, flags);
    });
  },
});
