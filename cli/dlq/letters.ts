import { LETTER, type Letter, readLetters } from "@ssmd/dataset/dead_letters";
import { isoOfUs } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { z } from "zod";
import { ARCHIVE } from "../archive/archive_flags.ts";
import { ENVIRONMENT_FILTER, FEED_FILTER } from "../command/common_flags.ts";
import { text } from "../command/flag.ts";
import { UsageError } from "../exit.ts";

/** Flags that select dead letters. */
export const LETTER_FLAGS = {
  env: ENVIRONMENT_FILTER,
  data: ARCHIVE,
  component: text("Component: connector, archiver", { placeholder: "component" }),
  feed: FEED_FILTER,
};

/** Dead letter as printed. */
export const LETTER_VIEW = LETTER.omit({ received_us: true, base64: true }).extend({
  at: z.string().describe(
    "Receive time of its frame, or time when the record was refused; ISO 8601",
  ),
});

/** Builds the view of a dead letter. */
export function letterView(
  { received_us, base64: _, ...rest }: Letter,
): z.output<typeof LETTER_VIEW> {
  return { at: isoOfUs(received_us), ...rest };
}

/** Table row of a dead letter. */
export function letterRow(
  { at, component, feed, kind, bytes, reason, id }: z.output<typeof LETTER_VIEW>,
) {
  return { at, component, feed, kind, bytes, reason, id };
}

/** Dead letters selected by flags and ids, oldest first. Throws UsageError `LETTER_UNKNOWN`. */
export async function lettersNamed(
  { storage, env }: { storage: Storage; env: string },
  { component, feed }: { component?: string; feed?: string },
  named: readonly (string | undefined)[] = [],
): Promise<Letter[]> {
  const letters = (await readLetters(storage, env)).filter((letter) =>
    (component ?? letter.component) === letter.component && (feed ?? letter.feed) === letter.feed
  );
  const ids = named.filter((id) => id !== undefined);
  const unknown = ids.find((id) => !letters.some((letter) => letter.id === id));
  if (unknown !== undefined) {
    throw new UsageError("LETTER_UNKNOWN", `${env} has no dead letter "${unknown}"`, {
      hint: "`ssmd dlq list` shows those that there are",
    });
  }
  return ids.length === 0 ? letters : letters.filter(({ id }) => ids.includes(id));
}
