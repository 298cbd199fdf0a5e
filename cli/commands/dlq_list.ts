import { z } from "zod";
import { envOf } from "@ssmd/dataset/inventory";
import { listArchive } from "../archive/list_archive.ts";
import { defineCommand } from "../command/define.ts";
import { LETTER_FLAGS, LETTER_VIEW, letterRow, lettersNamed, letterView } from "../dlq/letters.ts";

export default defineCommand({
  name: "dlq list",
  brief: "List dead letters: frames and records that a component could not process",
  description:
    "The archiver keeps those of all components beside the archive, 256 MB at most. Raw " +
    "files contain all of these frames as received, and the frames from which records are " +
    "made.",
  examples: ["ssmd dlq list", "ssmd dlq list --component connector --output json"],
  flags: LETTER_FLAGS,
  output: z.array(LETTER_VIEW),
  table: (letters) => ({ rows: letters.map(letterRow), counted: "dead letter" }),
  run: ({ flags, context }) =>
    listArchive(context, flags, {
      none: [],
      read: async (storage) => {
        const env = await envOf(storage, flags.env);
        return (await lettersNamed({ storage, env }, flags)).map(letterView);
      },
    }),
});
