import { buildCommand, type Command } from "@stricli/core";
import type { SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { editFile } from "../registry/edit_file.ts";
import { capabilityFields, versionFields, type VersionFlags } from "../registry/feed_file.ts";
import { docs, EDIT_FLAGS, type EditFlags, parseDay, word } from "../registry/flags.ts";
import { VERSION_FLAGS } from "../registry/version_flags.ts";

interface Flags extends EditFlags, VersionFlags {
  from: string;
}

/** `ssmd feed add-version` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string], SsmdContext>({
  docs: docs(
    "Add a dated version: what the venue changes on a day",
    "The new version is the newest one with what the flags change. It is in force from its first " +
      "day until the next version begins; a day in the future is announced and not yet in force. " +
      "Two versions of one day are refused.",
    ["ssmd feed add-version kraken --from 2027-01-15 --endpoint wss://ws.kraken.com/v3"],
  ),
  parameters: {
    flags: {
      ...EDIT_FLAGS,
      ...VERSION_FLAGS,
      from: {
        kind: "parsed",
        parse: parseDay,
        brief: "First day of the version: YYYY-MM-DD, UTC",
        placeholder: "date",
      },
    },
    positional: { kind: "tuple", parameters: [word("The feed's id", "feed")] },
  },
  async func(flags, id) {
    await editFile("feed", id, flags, this, (edit, registry) => {
      const last = registry.feed(id).versions.length - 1;
      const newest = edit.get(["versions", last]) as Record<string, unknown>;
      const { notes: _, ...kept } = newest;
      const capabilities = { ...(kept["capabilities"] as object), ...capabilityFields(flags) };
      const version: Record<string, unknown> = { ...kept, ...versionFields(flags) };
      if (flags.sequenceField === "none") delete version["sequence_field"];
      if (String(newest["from"]) > flags.from) {
        throw new UsageError("USAGE", `the newest version begins on ${newest["from"]}, later`, {
          hint: "history is not rewritten: add versions after the newest one",
        });
      }
      edit.append(["versions"], { ...version, from: flags.from, capabilities });
    });
  },
});
