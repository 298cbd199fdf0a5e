import { removeLetters } from "@ssmd/dataset/dead_letters";
import { z } from "zod";
import { auditArchive } from "../archive/audit_archive.ts";
import { withArchive } from "../archive/with_archive.ts";
import { DRY_RUN } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { assertConfirmed } from "../confirm.ts";
import { LETTER_FLAGS, LETTER_VIEW, letterRow, lettersNamed, letterView } from "../dlq/letters.ts";
import { countText } from "../format.ts";

export default defineCommand({
  name: "dlq purge",
  brief: "Remove dead letters",
  description:
    "Removes the letters given by id, or all that match the flags. Raw files keep the frames.",
  changes: "operations",
  shippedRegistry: true,
  examples: [
    "ssmd dlq purge --component connector --dry-run",
    "ssmd dlq purge m1abc-71-0 --yes",
  ],
  flags: { ...LETTER_FLAGS, dryRun: DRY_RUN },
  args: { each: text("Id of a letter", { placeholder: "id" }) },
  output: z.array(LETTER_VIEW),
  table: (letters) => ({ rows: letters.map(letterRow), counted: "dead letter" }),
  run: ({ flags, args, context }) =>
    withArchive(context, flags, async ({ storage, env }) => {
      const letters = await lettersNamed({ storage, env }, flags, args);
      if (!flags.dryRun && letters.length > 0) {
        assertConfirmed(context, `Remove ${countText(letters.length, "dead letter")} of ${env}?`);
        const { data } = flags;
        const record = { action: "dlq purge", letters: letters.length };
        await auditArchive(context, { env, ...(data === undefined ? {} : { data }) }, record);
        await removeLetters(storage, env, letters);
      }
      return letters.map(letterView);
    }),
});
