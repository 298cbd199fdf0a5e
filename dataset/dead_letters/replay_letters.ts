import { dayOfUs, isKeyName } from "@ssmd/archive";
import { reprocess, type ReprocessOptions, translateSpan } from "@ssmd/dataset/reprocess";
import { ArchiveError, messageOf } from "@ssmd/runtime";
import { removeLetters } from "./letter_files.ts";
import type { Letter } from "./letter.ts";

/** Maximum time from a frame to the letter about its record. */
const RECORD_LATE_US = 60_000_000;

/** Storage, environment and version of a replay. */
type LetterReplayOptions = Pick<
  ReprocessOptions,
  "storage" | "env" | "version" | "software" | "tempDir" | "venues"
>;

/** Result of replaying a letter. */
interface ReplayedLetter {
  letter: Letter;
  /** `replayed`: the version has its records. `kept`: still a dead letter. */
  state: "replayed" | "kept";
  /** Why it is kept; "" when it is not. */
  why: string;
}

/**
 * Retries letters with the current code. Every frame is in raw and every record comes from a frame,
 * so the days of readable letters are reprocessed from raw as their own version and the letters
 * removed. Idempotent: a day made from the same raw files is kept. Throws as `reprocess`.
 */
export async function replayLetters(
  options: LetterReplayOptions,
  letters: readonly Letter[],
): Promise<ReplayedLetter[]> {
  const results: ReplayedLetter[] = [];
  const byDay = Map.groupBy(letters, ({ feed, received_us }) => `${feed} ${dayOfUs(received_us)}`);
  for (const [name, ofDay] of byDay) {
    const [feed = "", day = ""] = name.split(" ");
    const whyKept = await reasonsOf(options, feed, ofDay);
    const readable = ofDay.filter((_, i) => whyKept[i] === "");
    if (readable.length > 0) {
      await reprocess({ ...options, feed, from: day, to: day });
      await removeLetters(options.storage, options.env, readable);
    }
    results.push(...ofDay.map((letter, i): ReplayedLetter => {
      const why = whyKept[i] ?? "";
      return { letter, state: why === "" ? "replayed" : "kept", why };
    }));
  }
  return results;
}

/** Returns why each letter of a day stays; "" when current code can read it. */
async function reasonsOf(
  options: LetterReplayOptions,
  feed: string,
  letters: readonly Letter[],
): Promise<string[]> {
  if (!isKeyName(feed)) {
    return letters.map(() => "it is of no feed: nothing is made of it from raw");
  }
  const times = letters.map(({ received_us }) => received_us);
  const unread = new Map<number, string>();
  const span = { fromUs: Math.min(...times), toUs: Math.max(...times) };
  try {
    const { rawFromUs, rawToUs } = await translateSpan(
      options.storage,
      { env: options.env, feed, ...span },
      {
        onEvent: () => {},
        onUnreadable: (reason, atUs) => unread.set(atUs, reason),
        ...(options.venues === undefined ? {} : { venues: options.venues }),
      },
    );
    return letters.map(({ kind, received_us: atUs }) => {
      // A record's frame came somewhat earlier.
      const lateUs = kind === "record" ? RECORD_LATE_US : 0;
      const isInRaw = rawFromUs <= atUs && atUs - lateUs <= rawToUs;
      if (!isInRaw) return "raw does not have it, or not yet";
      // The record's frame is readable, so the reprocessed day has the record.
      return kind === "record" ? "" : unread.get(atUs) ?? "";
    });
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    return letters.map(() => messageOf(error));
  }
}
