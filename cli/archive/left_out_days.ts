import { archivedFeeds, type DaySummary, namesIn, unmadeDays } from "@ssmd/archive";
import type { TimeSpan } from "@ssmd/dataset/time_span";
import { DERIVED_TYPES } from "@ssmd/market";
import { nowUs } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { notice, type SsmdContext } from "../context.ts";
import { countText } from "../format.ts";

/** What a command reads from an archive. */
interface ReadRecords {
  env: string;
  /** Absent: all. */
  feeds?: readonly string[] | undefined;
  /** Record types and series; absent: all. Fires and actions are never made of raw frames. */
  types?: readonly string[] | undefined;
  span: TimeSpan;
  /** Absent: the active one. */
  version?: string | undefined;
}

/** Days named one by one in a note; of more, the first and last are. */
const NAMED_MAX = 5;

/**
 * Prints a note for each feed with days that have raw frames and no records: what is read leaves
 * them out. Throws StorageError, and the archive reader's errors.
 */
export async function noteLeftOut(
  context: SsmdContext,
  storage: Storage,
  { env, feeds, types, span, version }: ReadRecords,
): Promise<void> {
  if (types?.every((type) => DERIVED_TYPES.some((derived) => derived === type))) return;
  for (const feed of feeds ?? await feedsOf(storage, env)) {
    const days = await unmadeDays(storage, {
      ...{ env, feed, ...span, nowUs: nowUs() },
      ...(version === undefined ? {} : { version }),
    });
    if (days.length > 0) notice(context, leftOutText(env, feed, days));
  }
}

/** Returns feeds with records, and others among the first raw files: listing all takes long. */
async function feedsOf(storage: Storage, env: string): Promise<string[]> {
  const made = await archivedFeeds(storage, env, ["normalized"]);
  return [...new Set([...made, ...await namesIn(storage, `raw/${env}/`)])].sort();
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
