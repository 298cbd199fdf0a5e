import type { Letter } from "@ssmd/dataset/dead_letters";
import { z } from "zod";
import { withArchive } from "../archive/with_archive.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { oneRow } from "../command/table.ts";
import { LETTER_FLAGS, LETTER_VIEW, lettersNamed, letterView } from "../dlq/letters.ts";

export default defineCommand({
  name: "dlq show",
  brief: "Show a dead letter with its bytes",
  examples: ["ssmd dlq show m1abc-71-0"],
  flags: LETTER_FLAGS,
  args: [text("Id of the letter", { placeholder: "id", required: true })],
  output: LETTER_VIEW.extend({
    text: z.string().nullable().describe("Its first bytes as UTF-8; null = not UTF-8"),
    base64: z.string().describe("At most its first 64 KiB"),
  }),
  table: ({ base64, text, ...letter }) => oneRow({ ...letter, content: text ?? base64 }),
  run: ({ flags, args: [id], context }) =>
    withArchive(context, flags, async (archive) => {
      // Throws for an unknown id.
      const [letter] = await lettersNamed(archive, flags, [id]) as [Letter];
      return { ...letterView(letter), text: textOf(letter.base64), base64: letter.base64 };
    }),
});

function textOf(base64: string): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.fromBase64(base64));
  } catch {
    return null;
  }
}
