import {
  ALL_SYMBOLS,
  DERIVED_TYPES,
  EVENT_TYPES,
  type EventType,
  FEED_TYPES,
  isDerived,
} from "./event.ts";

const PLAIN_TOKEN = /^[A-Za-z0-9_\-/]*$/;
const OTHERS = /[^A-Za-z0-9_\-/]/gu;
/** Subject token in place of the feed for derived records. */
const DERIVED_TOKEN = { fire: "signal", action: "action" } as const;
const UTF8 = new TextEncoder();

/** Escapes a subject token: characters outside `A–Z a–z 0–9 _ - /` become `%XX` per UTF-8 byte. */
export function escapeToken(text: string): string {
  if (PLAIN_TOKEN.test(text)) return text;
  return text.replace(
    OTHERS,
    (char) =>
      [...UTF8.encode(char)].map((byte) => "%" + byte.toString(16).toUpperCase().padStart(2, "0"))
        .join(""),
  );
}

/** Unescapes a subject token. */
export function unescapeToken(token: string): string {
  return token.includes("%") ? decodeURIComponent(token) : token;
}

/** `{env}.{feed}.{type}.{symbol}` */
export function subjectOf(env: string, feed: string, type: EventType, symbol: string): string {
  return `${escapeToken(env)}.${escapeToken(feed)}.${type}.${escapeToken(symbol)}`;
}

/** `{env}.{feed}.watermark._all`: a connector's watermarks of its feed. */
export function watermarkSubject(env: string, feed: string): string {
  return `${escapeToken(env)}.${escapeToken(feed)}.watermark.${ALL_SYMBOLS}`;
}

/** `{env}.{feed}.enriched.{symbol}`: enricher output for a market. */
export function enrichedSubject(env: string, feed: string, symbol: string): string {
  return `${escapeToken(env)}.${escapeToken(feed)}.enriched.${escapeToken(symbol)}`;
}

/** Filter of all enricher output of an environment. */
export function enrichedFilter(env: string): string {
  return `${escapeToken(env)}.*.enriched.>`;
}

/** `{env}.signal.{id}`: fires of a signal, for all feeds and symbols. */
export function fireSubject(env: string, signal: string): string {
  return `${escapeToken(env)}.${DERIVED_TOKEN.fire}.${escapeToken(signal)}`;
}

/** `{env}.action.{policy}`: actions of a policy, for all feeds and symbols. */
export function actionSubject(env: string, policy: string): string {
  return `${escapeToken(env)}.${DERIVED_TOKEN.action}.${escapeToken(policy)}`;
}

/** Returns the filters of all records of these types in an environment. */
export function recordFilters(env: string, types: readonly EventType[] = EVENT_TYPES): string[] {
  const prefix = escapeToken(env);
  return types.map((type) =>
    isDerived(type) ? `${prefix}.${DERIVED_TOKEN[type]}.*` : `${prefix}.*.${type}.>`
  );
}

/** Returns the record type of a subject; undefined = no records. */
export function typeOfSubject(subject: string): EventType | undefined {
  const [, feed, word, symbol] = subject.split(".");
  if (symbol === undefined) {
    return word === undefined
      ? undefined
      : DERIVED_TYPES.find((type) => DERIVED_TOKEN[type] === feed);
  }
  return FEED_TYPES.find((type) => type === word);
}

/** Request subject of a shard's connector; `shard` undefined = no shards. */
export function shardSubject(subject: string, shard: string | undefined): string {
  return shard === undefined ? subject : `${subject}.${escapeToken(shard)}`;
}

/** Subject on which a feed's connector replies with snapshots of its valid books. */
export function snapshotSubject(env: string, feed: string): string {
  return `_ssmd.${escapeToken(env)}.snapshot.${escapeToken(feed)}`;
}

/** Parts of a client subject. */
interface SubjectParts {
  env: string;
  /** Feed id. */
  feed: string;
  type: string;
  /** Our market symbol. */
  symbol: string;
}

/** Parses a client subject; undefined unless it has four tokens. */
export function parseSubject(subject: string): SubjectParts | undefined {
  const tokens = subject.split(".");
  if (tokens.length !== 4) return undefined;
  const [env, feed, type, symbol] = tokens.map(unescapeToken) as [string, string, string, string];
  return { env, feed, type, symbol };
}

/** Name of the stream with an environment's messages. */
export function streamNameOf(env: string): string {
  return `ssmd-${env}`;
}
