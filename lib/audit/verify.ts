import { DAY_MS, messageOf } from "@ssmd/runtime";
import { z } from "zod";
import { type ChainLine, GENESIS, linkOf, sha256 } from "./chain.ts";
import { type AuditSource, coldKeys, dayOfKey, readCold } from "./cold.ts";
import { AUDIT_RETENTION_DAYS } from "./event.ts";
import { hotFirst } from "./select.ts";

/** Maximum findings reported. */
const FINDINGS_MAX = 100;
const PAGE = 10_000;

/** Result of a verification. */
export const AUDIT_VERIFICATION = z.object({
  ok: z.boolean(),
  events: z.int().describe("Events whose hashes were recomputed"),
  files: z.int().describe("Files of days in storage"),
  head: z.string().describe(
    "Hash of the last event; noted elsewhere, it proves all earlier events",
  ),
  contains: z.boolean().nullable().describe(
    "Whether a noted head is in the chain; null = none given",
  ),
  findings: z.array(z.object({
    where: z.string().describe("File or object"),
    position: z.int().nullable(),
    finding: z.string(),
  })),
});

type Verification = z.output<typeof AUDIT_VERIFICATION>;
type Link = { position: number; link: string };

/**
 * Recomputes the whole chain: files in storage, then the hot log, including their overlap; and the
 * counts that the hot log keeps of its events.
 */
export async function verifyAudit(source: AuditSource, noted?: string): Promise<Verification> {
  const { log } = source;
  const check = new ChainCheck(noted);
  // Events appended meanwhile are left to the next verification.
  const head = await log.head();
  const first = await hotFirst(source);
  const { before, last } = await verifyCold(source, check, first);
  check.continueFrom(before);
  for (let from = first;;) {
    const lines = (await log.lines(from, PAGE)).filter(({ position }) => position <= head.position);
    for (const line of lines) {
      check.take(log.where, line);
      if (line.position === last.position && line.link !== last.link) {
        check.report(log.where, line.position, "Storage and the log tell different events");
      }
    }
    const end = lines.at(-1);
    if (end === undefined) break;
    from = end.position + 1;
  }
  if (check.last.position !== head.position || check.last.link !== head.link) {
    const finding = `The log ends at event ${check.last.position}; ${head.position} were written`;
    check.report(log.where, head.position, finding);
  }
  for (const { hour, category, outcome, events, found } of await log.wrongCounts(FINDINGS_MAX)) {
    const finding = `Of hour ${hour}, ${events} events of ${category} are counted as ${outcome}; ` +
      `there are ${found}`;
    check.report(log.where, null, finding);
  }
  return { ...check.result, files: (await coldKeys(source)).length, head: head.link };
}

/** Verifies the daily files; returns the link before the hot log, and the last one. */
async function verifyCold(
  source: AuditSource,
  check: ChainCheck,
  firstHot: number,
): Promise<{ before: Link; last: Link }> {
  const { storage, log } = source;
  const rolled = new Map((await log.rolledDays()).map((each) => [each.day, each]));
  let before: Link = { position: 0, link: GENESIS };
  for (const key of storage === undefined ? [] : await coldKeys(source)) {
    const day = dayOfKey(key) ?? "";
    let isOfDay = true;
    try {
      for (const lines of storage === undefined ? [] : await readCold(storage, key)) {
        for (const line of lines()) {
          check.take(key, line);
          isOfDay &&= line.at.startsWith(day);
          if (line.position === firstHot - 1) before = line;
        }
      }
    } catch (error) {
      check.report(key, null, `It cannot be read: ${messageOf(error)}`);
    }
    if (!isOfDay) check.report(key, null, `It holds events of other days than ${day}`);
    const known = rolled.get(day);
    rolled.delete(day);
    if (known === undefined) continue;
    if (check.last.position !== known.last || check.last.link !== known.link) {
      check.report(key, known.last, "It does not end with the event that was written last");
    }
    // Check what follows against the recorded link, not the found one.
    check.continueFrom({ position: known.last, link: known.link });
    if (known.last === firstHot - 1) before = known.last === before.position ? before : check.last;
  }
  for (const { day, first, last } of storage === undefined ? [] : rolled.values()) {
    check.report(day, first, `The file of this day is missing: events ${first} to ${last}`);
  }
  const last = check.last;
  return { before: firstHot === 1 ? { position: 0, link: GENESIS } : before, last };
}

/** Checks each line against the previous one. */
class ChainCheck {
  last: Link = { position: 0, link: GENESIS };
  #noted: string | undefined;
  #events = 0;
  #contains = false;
  #findings: Verification["findings"] = [];

  constructor(noted?: string) {
    this.#noted = noted;
  }

  get result(): Omit<Verification, "files" | "head"> {
    const contains = this.#noted === undefined ? null : this.#contains;
    return {
      ok: this.#findings.length === 0 && contains !== false,
      ...{ events: this.#events, contains, findings: this.#findings },
    };
  }

  continueFrom({ position, link }: Link): void {
    this.last = { position, link };
  }

  report(where: string, position: number | null, finding: string): void {
    if (this.#findings.length < FINDINGS_MAX) this.#findings.push({ where, position, finding });
  }

  take(where: string, line: ChainLine): void {
    const finding = this.#findingOf(line);
    if (finding !== undefined) this.report(where, line.position, finding);
    this.#events++;
    this.#contains ||= line.link === this.#noted;
    this.continueFrom(line);
  }

  #findingOf(line: ChainLine): string | undefined {
    const expected = this.last.position + 1;
    if (line.position !== expected) return `It stands where event ${expected} belongs`;
    if (line.event === undefined) {
      const days = AUDIT_RETENTION_DAYS[line.category];
      const keptUntil = Date.parse(line.at) + days * DAY_MS;
      if (keptUntil > Date.now()) return `Its text is gone, and kept for ${days} days`;
    } else if (sha256(line.event) !== line.content || !isSame(line, line.event)) {
      return "It was changed: its text is not what was written";
    }
    if (linkOf(this.last.link, line) === line.link) return undefined;
    return "It was changed, or the one before it: it does not link to that";
  }
}

function isSame(line: ChainLine, text: string): boolean {
  const { position, at, category } = JSON.parse(text);
  return position === line.position && at === line.at && category === line.category;
}
