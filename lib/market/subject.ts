import { ALL_SYMBOLS, type EventType } from "./event.ts";

const PLAIN_TOKEN = /^[A-Za-z0-9_\-/]*$/;
const OTHERS = /[^A-Za-z0-9_\-/]/gu;
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

/** The parts of a client subject. */
export interface SubjectParts {
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
