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
/** Stands in the place of a feed where the records are made of others. */
const DERIVED_TOKEN = { fire: "signal", action: "action" } as const;
const UTF8 = new TextEncoder();

/** One subject token: characters outside `A–Z a–z 0–9 _ - /` are written `%XX` (of their UTF-8 bytes). */
export function escapeToken(text: string): string {
  if (PLAIN_TOKEN.test(text)) return text;
  return text.replace(
    OTHERS,
    (char) =>
      [...UTF8.encode(char)].map((byte) => "%" + byte.toString(16).toUpperCase().padStart(2, "0"))
        .join(""),
  );
}

/** The text of an escaped token. */
export function unescapeToken(token: string): string {
  return token.includes("%") ? decodeURIComponent(token) : token;
}

/** `{env}.{feed}.{type}.{symbol}` */
export function subjectOf(env: string, feed: string, type: EventType, symbol: string): string {
  return `${escapeToken(env)}.${escapeToken(feed)}.${type}.${escapeToken(symbol)}`;
}

/** `{env}.{feed}.watermark._all`: where a connector says up to when its feed is on the bus. */
export function watermarkSubject(env: string, feed: string): string {
  return `${escapeToken(env)}.${escapeToken(feed)}.watermark.${ALL_SYMBOLS}`;
}

/** `{env}.{feed}.enriched.{symbol}`: what the enrichers of an environment make of a market's records. */
export function enrichedSubject(env: string, feed: string, symbol: string): string {
  return `${escapeToken(env)}.${escapeToken(feed)}.enriched.${escapeToken(symbol)}`;
}

/** All of them in an environment. */
export function enrichedFilter(env: string): string {
  return `${escapeToken(env)}.*.enriched.>`;
}

/** `{env}.signal.{id}`: the fires of a signal, of all its feeds and symbols. */
export function fireSubject(env: string, signal: string): string {
  return `${escapeToken(env)}.${DERIVED_TOKEN.fire}.${escapeToken(signal)}`;
}

/** `{env}.action.{policy}`: what a policy did about fires, of all feeds and symbols. */
export function actionSubject(env: string, policy: string): string {
  return `${escapeToken(env)}.${DERIVED_TOKEN.action}.${escapeToken(policy)}`;
}

/** Filters of all records of these types in an environment. */
export function recordFilters(env: string, types: readonly EventType[] = EVENT_TYPES): string[] {
  const prefix = escapeToken(env);
  return types.map((type) =>
    isDerived(type) ? `${prefix}.${DERIVED_TOKEN[type]}.*` : `${prefix}.*.${type}.>`
  );
}

/** The type of the records of a subject; undefined = there are none on it. */
export function typeOfSubject(subject: string): EventType | undefined {
  const [, feed, word, symbol] = subject.split(".");
  if (symbol === undefined) {
    return word === undefined
      ? undefined
      : DERIVED_TYPES.find((type) => DERIVED_TOKEN[type] === feed);
  }
  return FEED_TYPES.find((type) => type === word);
}

/** The subject of a request to the connector of a shard; `shard` undefined = there are none. */
export function shardSubject(subject: string, shard: string | undefined): string {
  return shard === undefined ? subject : `${subject}.${escapeToken(shard)}`;
}

/** Subject on which a feed's connector answers with snapshots of its valid books. */
export function snapshotSubject(env: string, feed: string): string {
  return `_ssmd.${escapeToken(env)}.snapshot.${escapeToken(feed)}`;
}

/** The parts of a client subject. */
interface SubjectParts {
  /** Environment. */
  env: string;
  /** The feed's id. */
  feed: string;
  /** A record's type. */
  type: string;
  /** Our name of the market. */
  symbol: string;
}

/** Takes a client subject apart; undefined when it has not four tokens. */
export function parseSubject(subject: string): SubjectParts | undefined {
  const tokens = subject.split(".");
  if (tokens.length !== 4) return undefined;
  const [env, feed, type, symbol] = tokens.map(unescapeToken) as [string, string, string, string];
  return { env, feed, type, symbol };
}

/** The stream that keeps an environment's messages. */
export function streamNameOf(env: string): string {
  return `ssmd-${env}`;
}
