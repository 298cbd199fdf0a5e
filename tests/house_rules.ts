/**
 * House rules as rules of `deno lint`: few positional parameters, named exports, the field's words.
 * @module
 */
import { isTest } from "./layers.ts";

const PARAMETERS_MAX = 3;
/** Called for each message or value: an object of options there shows in the benches. */
const HOT =
  /^(exchanges\/|connector\/(spool|frame_ingest|pipeline)\.ts|lib\/(codec\/fields|market\/subject)\.ts|lib\/archive\/(parquet\/|raw_line|zstd_frames|reading\/record_filter))/;
const HOT_PARAMETERS_MAX = 5;

/** Words of earlier versions, by whole words of a name, and what is said today. */
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

/** The words of a name, in lower case: `lastGoodAtUs` → last good at us. */
export function wordsOf(name: string): string[] {
  return name.replace(/([a-z\d])([A-Z])/g, "$1 $2").split(/[^A-Za-z]+/).map((word) =>
    word.toLowerCase()
  );
}

/** What is wrong with a number of parameters; undefined = nothing. */
export function parametersFinding(path: string, count: number): string | undefined {
  if (isTest(path) || /^(tests|bench)\//.test(path)) return undefined;
  const most = HOT.test(path) ? HOT_PARAMETERS_MAX : PARAMETERS_MAX;
  return count > most ? `${count} parameters; at most ${most}: name the others` : undefined;
}

/** What is wrong with a name; undefined = nothing. */
export function nameFinding(name: string): string | undefined {
  const retired = wordsOf(name).find((word) => Object.hasOwn(RETIRED_WORDS, word));
  return retired && `"${retired}" is a retired word: say ${RETIRED_WORDS[retired]}`;
}
