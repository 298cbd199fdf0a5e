import { dayOfUs, isKeyName } from "@ssmd/archive";
import { reprocess, type ReprocessOptions, translateSpan } from "@ssmd/dataset/reprocess";
import { ArchiveError, messageOf } from "@ssmd/runtime";
import { removeLetters } from "./letter_files.ts";
import type { Letter } from "./letter.ts";

/** Longest time from a frame to the letter about its record. */
const RECORD_LATE_US = 60_000_000;

/** What a replay works on: where, and the version of records that it makes. */
type LetterReplayOptions = Pick<
  ReprocessOptions,
  "storage" | "env" | "version" | "software" | "tempDir" | "venues"
>;

/** What a replay made of a letter. */
interface ReplayedLetter {
  letter: Letter;
  /** `replayed`: its records are in the version. `kept`: it is a dead letter still. */
  state: "replayed" | "kept";
  /** Why it is kept; "" = it is not. */
  why: string;
}

/**
 * Takes letters through the code of today. Each frame is in raw, and each record was made of one: the
 * days of what can be read now are made anew from raw, as a version of their own, and the letters go.
 * Twice is harmless: a day that was made from the same raw files is kept. Throws as `reprocess`.
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

/** Why each letter of a day is one still; "" = today's code makes records of it. */
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
      // A record was made of a frame somewhat earlier.
      const lateUs = kind === "record" ? RECORD_LATE_US : 0;
      const isInRaw = rawFromUs <= atUs && atUs - lateUs <= rawToUs;
      if (!isInRaw) return "raw does not have it, or not yet";
      // Its frame was read: the day that is made anew has the record.
      return kind === "record" ? "" : unread.get(atUs) ?? "";
    });
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    return letters.map(() => messageOf(error));
  }
}
