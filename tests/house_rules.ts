/**
 * House rules as rules of `deno lint`: few positional parameters, named exports, the field's words.
 * @module
 */
import { isTest } from "./layers.ts";

const PARAMETERS_MAX = 3;
/** Called per message or value, where an options object costs measurable time. */
const HOT =
  /^(exchanges\/|connector\/(spool|frame_ingest|pipeline)\.ts|lib\/(codec\/(fields|decoder)|market\/subject)\.ts|lib\/archive\/(parquet\/|raw_line|zstd_frames|reading\/record_filter))/;
const HOT_PARAMETERS_MAX = 5;

/** Words of earlier versions, by whole words of a name, and their replacements. */
export const RETIRED_WORDS: Readonly<Record<string, string>> = {
  audience: "topic or fanout group",
  damage: "corruption",
  damages: "corruptions",
  deaf: "unresponsive",
  desk: "publisher",
  guest: "session",
  insistence: "retry",
  intake: "ingest, router or subscriber",
  outbox: "publish queue",
  place: "key, id, offset or location",
  placed: "located",
  promoted: "active",
  rubbish: "garbage",
  stretch: "sorted run",
  tending: "watchdog",
  told: "reported or published",
};

/** Splits a name into lower-case words: `lastGoodAtUs` → last good at us. */
export function wordsOf(name: string): string[] {
  return name.replace(/([a-z\d])([A-Z])/g, "$1 $2").split(/[^A-Za-z]+/).map((word) =>
    word.toLowerCase()
  );
}

/** Returns the finding for a number of parameters; undefined = none. */
export function parametersFinding(path: string, count: number): string | undefined {
  if (isTest(path) || /^(tests|bench)\//.test(path)) return undefined;
  const most = HOT.test(path) ? HOT_PARAMETERS_MAX : PARAMETERS_MAX;
  return count > most ? `${count} parameters; at most ${most}: name the others` : undefined;
}

/** Returns the finding for a name; undefined = none. */
export function nameFinding(name: string): string | undefined {
  const retired = wordsOf(name).find((word) => Object.hasOwn(RETIRED_WORDS, word));
  return retired && `"${retired}" is a retired word: say ${RETIRED_WORDS[retired]}`;
}
