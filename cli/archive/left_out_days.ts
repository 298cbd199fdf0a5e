import { type DaySummary, leftOutDays } from "@ssmd/archive";
import type { TimeSpan } from "@ssmd/dataset/time_span";
import { nowUs } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { notice, type SsmdContext } from "../context.ts";
import { countText } from "../format.ts";

/** What a command reads from an archive. */
type ReadRecords = Omit<Parameters<typeof leftOutDays>[1], "fromUs" | "toUs" | "nowUs"> & {
  span: TimeSpan;
};

/** Days named one by one in a note; of more, the first and last are. */
const NAMED_MAX = 5;

/**
 * Prints a note for each feed with days that have raw frames and no records: what is read leaves
 * them out. Throws StorageError, and the archive reader's errors.
 */
export async function noteLeftOut(
  context: SsmdContext,
  storage: Storage,
  { span, ...read }: ReadRecords,
): Promise<void> {
  const days = await leftOutDays(storage, { ...read, ...span, nowUs: nowUs() });
  for (const [feed, ofFeed] of Map.groupBy(days, ({ feed }) => feed)) {
    notice(context, leftOutText(read.env, feed, ofFeed));
  }
}

function leftOutText(env: string, feed: string, days: readonly DaySummary[]): string {
  const names = days.map(({ day }) => day);
  const [first = "", last = first] = [names[0], names.at(-1)];
  const named = names.length <= NAMED_MAX
    ? names.join(", ")
    : `${countText(names.length, "day")} from ${first} to ${last}`;
  const span = first === last ? `--date ${first}` : `--from ${first} --to ${last}`;
  const of = `--env ${env} --feed ${feed} ${span}`;
  return `note: ${feed} ${named} is left out. ${days[0]?.why} ` +
    `ssmd reprocess run ${of} --as v2, then ssmd reprocess promote v2 ${of}`;
}
