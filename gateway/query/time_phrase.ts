import { usOfTime } from "../http/time_text.ts";
import type { Words } from "./words.ts";

const MINUTE_US = 60_000_000;
const HOUR_US = 60 * MINUTE_US;
const DAY_US = 24 * HOUR_US;
const UNITS: Readonly<Record<string, number>> = {
  second: 1_000_000,
  minute: MINUTE_US,
  min: MINUTE_US,
  hour: HOUR_US,
  day: DAY_US,
  week: 7 * DAY_US,
};
const UNIT = /^(second|minute|min|hour|day|week)s?$/;
const NUMBER = /^\d{1,4}$|^(an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve)$/;
const NUMBERS = [
  "zero",
  "one",
  "two",
  "three",
  "four",
  "five",
  "six",
  "seven",
  "eight",
  "nine",
  "ten",
];
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const MONTH =
  /^(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?)$/;
const ISO = /^\d{4}-\d\d-\d\d(t[\d:.]+z?)?$/;
const CLOCK = /^([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?z?$/;

/** Time of a question: a span or a moment, µs. */
export type When = { kind: "span"; fromUs: number; toUs: number } | {
  kind: "moment";
  atUs: number;
};

/**
 * Parses the time of a question; undefined = now. All times are UTC. Words of a time that does not
 * exist stay unused, so that the question is refused: taking it as now would be a guess.
 */
export function readWhen(words: Words, nowUs: number): When | undefined {
  for (const read of [relativeSpan, explicitSpan, openSpan, clockOrDay]) {
    const { found, consumed } = words.attempt(() => read(words, nowUs));
    if (found !== undefined || consumed) return found;
  }
  return undefined;
}

/** Parses `last hour`, `past 30 minutes`, `the last 2 days`. */
function relativeSpan(words: Words, nowUs: number): When | undefined {
  const counted = words.take(/^(last|past|previous)$/, NUMBER, UNIT);
  const single = counted ? undefined : words.take(/^(last|past|previous)$/, UNIT);
  const [, number = "", unit = ""] = counted ?? ["", "1", single?.[1] ?? ""];
  const length = UNITS[unit.replace(/s$/, "")];
  if (length === undefined) return undefined;
  return { kind: "span", fromUs: nowUs - numberOf(number) * length, toUs: nowUs };
}

/** Parses `between A and B`, `from A to B`, with days or times of day. */
function explicitSpan(words: Words, nowUs: number): When | undefined {
  const pattern = /^(\d{4}-\d\d-\d\d(t[\d:.]+z?)?|([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?z?)$/;
  const found = words.take(/^(between|from)$/, pattern, /^(and|to|until|till)$/, pattern);
  if (found === undefined) return undefined;
  const day = readDay(words, nowUs) ?? startOfDay(nowUs);
  const [, from = "", , to = ""] = found;
  const [fromUs, toUs] = [momentOf(from, day), momentOf(to, day)];
  if (fromUs === undefined || toUs === undefined || fromUs >= toUs) return undefined;
  return { kind: "span", fromUs, toUs };
}

/** Parses `since 10:00`, `since 2026-11-25`, `since yesterday`. */
function openSpan(words: Words, nowUs: number): When | undefined {
  const found = words.take(
    /^since$/,
    /^(\d{4}-\d\d-\d\d(t[\d:.]+z?)?|\d{1,2}:\d\d|yesterday|today|midnight)$/,
  );
  if (found === undefined) return undefined;
  const today = startOfDay(nowUs);
  const text = found[1] ?? "";
  const fromUs = text === "yesterday"
    ? today - DAY_US
    : text === "today" || text === "midnight"
    ? today
    : momentOf(text, today);
  return fromUs === undefined ? undefined : { kind: "span", fromUs, toUs: nowUs };
}

/** Parses `at 10:30 yesterday`, `on 2026-11-25`, `yesterday`, `today`, `this week`. */
function clockOrDay(words: Words, nowUs: number): When | undefined {
  const clock = words.take(CLOCK)?.[0];
  const moment = clock === undefined ? words.take(/^\d{4}-\d\d-\d\dt[\d:.]+z?$/)?.[0] : undefined;
  if (moment !== undefined) {
    const atUs = momentOf(moment, 0);
    return atUs === undefined ? undefined : { kind: "moment", atUs };
  }
  if (words.take(/^this$/, /^week$/) !== undefined) {
    const today = startOfDay(nowUs);
    const weekday = (new Date(today / 1000).getUTCDay() + 6) % 7;
    return { kind: "span", fromUs: today - weekday * DAY_US, toUs: nowUs };
  }
  const day = readDay(words, nowUs);
  if (clock !== undefined) {
    const atUs = momentOf(clock, day ?? startOfDay(nowUs));
    return atUs === undefined ? undefined : { kind: "moment", atUs };
  }
  if (day === undefined) return undefined;
  return { kind: "span", fromUs: day, toUs: Math.min(day + DAY_US, Math.max(nowUs, day + 1)) };
}

/** Parses a day; returns its start, µs. */
function readDay(words: Words, nowUs: number): number | undefined {
  return words.attempt(() => dayIn(words, nowUs)).found;
}

function dayIn(words: Words, nowUs: number): number | undefined {
  const today = startOfDay(nowUs);
  if (words.take(/^today$/) !== undefined) return today;
  if (words.take(/^yesterday$/) !== undefined) return today - DAY_US;
  if (words.take(/^tomorrow$/) !== undefined) return today + DAY_US;
  const iso = words.take(ISO)?.[0];
  if (iso !== undefined) return usOfTime(iso.toUpperCase());
  const dayFirst = words.take(/^\d{1,2}(st|nd|rd|th)?$/, MONTH);
  const monthFirst = dayFirst ? undefined : words.take(MONTH, /^\d{1,2}(st|nd|rd|th)?$/);
  const [number, month] = dayFirst ?? [monthFirst?.[1], monthFirst?.[0]];
  if (number === undefined || month === undefined) return undefined;
  const year = Number(words.take(/^20\d\d$/)?.[0] ?? new Date(nowUs / 1000).getUTCFullYear());
  const day = Number.parseInt(number);
  const at = Date.UTC(year, MONTHS.indexOf(month.slice(0, 3)), day);
  return new Date(at).getUTCDate() === day ? at * 1000 : undefined;
}

function momentOf(text: string, dayUs: number): number | undefined {
  if (ISO.test(text)) return usOfTime(text.toUpperCase());
  if (!CLOCK.test(text)) return undefined;
  const [hours = "", minutes = "", seconds = "0"] = text.replace(/z$/, "").split(":");
  const us = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000_000;
  return dayUs + us;
}

function startOfDay(us: number): number {
  return us - us % DAY_US;
}

function numberOf(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  if (text === "twelve") return 12;
  const known = NUMBERS.indexOf(text);
  return known < 0 ? 1 : known;
}
