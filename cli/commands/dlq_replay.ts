import { replayLetters } from "@ssmd/dataset/dead_letters";
import { COMMIT, VERSION } from "@ssmd/runtime";
import { z } from "zod";
import { withArchive } from "../archive/with_archive.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { notice } from "../context.ts";
import { LETTER_FLAGS, LETTER_VIEW, letterRow, lettersNamed, letterView } from "../dlq/letters.ts";

/** One version per software commit. */
const OWN_VERSION = `dlq-${COMMIT.slice(0, 7)}`;

export default defineCommand({
  name: "dlq replay",
  brief: "Process dead letters again with this software",
  description:
    "If a letter's frame can be processed now, the letter is removed and its day is rebuilt " +
    "from raw as a new version, with the missing records in their places; readers get it " +
    "after ssmd reprocess promote. Other letters are kept, with the new reason. Running it " +
    "twice is harmless.",
  changes: "operations",
  examples: ["ssmd dlq replay --feed kraken", "ssmd dlq replay m1abc-71-0 --as v2"],
  flags: {
    ...LETTER_FLAGS,
    as: text("Version to create; default: one named after this software", {
      placeholder: "version",
    }),
  },
  args: { each: text("Id of a letter; none = all", { placeholder: "id" }) },
  output: z.array(LETTER_VIEW.extend({
    state: z.enum(["replayed", "kept"]),
    why: z.string().describe("Why it is kept; empty = it is not kept"),
    version: z.string().nullable().describe("File of its records; null = the letter is kept"),
  })),
  table: (letters) => ({
    rows: letters.map(({ state, why, version, ...letter }) => ({
      ...letterRow(letter),
      ...{ state, reason: why || letter.reason, version },
    })),
    columns: ["at", "component", "feed", "kind", "state", "reason", "version", "id"],
    counted: "dead letter",
  }),
  run: ({ flags, args, context }) =>
    withArchive(context, flags, async ({ storage, env }) => {
      const version = flags.as ?? OWN_VERSION;
      const software = { version: VERSION, commit: COMMIT };
      const letters = await lettersNamed({ storage, env }, flags, args);
      const replayed = await replayLetters({ storage, env, version, software }, letters);
      const feeds = new Set(
        replayed.flatMap(({ letter, state }) => state === "replayed" ? [letter.feed] : []),
      );
      for (const feed of feeds) {
        notice(context, `Readers get it after: ssmd reprocess promote ${version} --feed ${feed}`);
      }
      return replayed.map(({ letter, state, why }) => ({
        ...letterView(letter),
        ...{ state, why, version: state === "replayed" ? version : null },
      }));
    }),
});
