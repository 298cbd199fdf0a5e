import { compressFrame, corruptionError, decompressFrame, framesOf } from "@ssmd/archive";
import { DAY_MS, dayOfMs, StorageError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { CHAIN_LINE, type ChainLine, GENESIS, linkOf } from "./chain.ts";
import { AUDIT_RETENTION_DAYS, type AuditEvent, type AuditFilter, isSelected } from "./event.ts";
import type { AuditLog, RolledDay } from "./log.ts";

/** Days that events stay in the hot log after they are in storage. */
const HOT_DAYS = 30;
/** Events per frame of a file. */
const FRAME_EVENTS = 5000;
const DAY_OF_KEY = /\/(\d{4})\/(\d\d)\/(\d\d)\/events\.jsonl\.zst$/;

/** Location of an environment's log. */
export interface AuditSource {
  env: string;
  log: AuditLog;
  /** Absent = no cold storage. */
  storage?: Storage | undefined;
}

/** Returns the object key of a day's events. */
export function coldKey(env: string, day: string): string {
  return `audit/${env}/${day.replaceAll("-", "/")}/events.jsonl.zst`;
}

/** Returns the day of an events object; undefined = not one. */
export function dayOfKey(key: string): string | undefined {
  return DAY_OF_KEY.exec(key)?.slice(1).join("-");
}

/** Lists events objects, oldest first. */
export async function coldKeys({ storage, env }: AuditSource): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of storage?.list(`audit/${env}/`) ?? []) {
    if (dayOfKey(key) !== undefined) keys.push(key);
  }
  return keys.sort();
}

/** Reads the lines of an object, by frame. Throws ArchiveError `ARCHIVE_DAMAGED`. */
export async function readCold(storage: Storage, key: string): Promise<(() => ChainLine[])[]> {
  const file = await storage.get(key);
  const { frames, corruption } = framesOf(file);
  if (corruption !== undefined) throw corruptionError(key, corruption);
  return frames.map((frame) => () => linesOf(decompressFrame(file, frame, key)));
}

function linesOf(bytes: Uint8Array): ChainLine[] {
  const lines = new TextDecoder().decode(bytes).split("\n").filter((line) => line !== "");
  return lines.map((line) => CHAIN_LINE.parse(JSON.parse(line)));
}

/** Yields matching events that are only in storage, newest first. */
export async function* coldEvents(
  source: AuditSource & { storage: Storage },
  filter: AuditFilter,
  before: number,
): AsyncGenerator<AuditEvent> {
  const { from = "", to = "~" } = filter;
  const firsts = new Map((await source.log.rolledDays()).map(({ day, first }) => [day, first]));
  for (const key of (await coldKeys(source)).reverse()) {
    const day = dayOfKey(key) ?? "";
    if (day < from.slice(0, 10) || day > to.slice(0, 10)) continue;
    // Skip days that are also hot.
    if ((firsts.get(day) ?? 0) >= before) continue;
    for (const lines of (await readCold(source.storage, key)).reverse()) {
      for (const { position, event } of lines().reverse()) {
        if (event === undefined || position >= before) continue;
        const parsed: AuditEvent = JSON.parse(event);
        if (isSelected(parsed, filter)) yield parsed;
      }
    }
  }
}

/** Result of {@linkcode rollAudit}. */
interface RolledAudit {
  /** Days moved to storage. */
  rolled: string[];
  /** Days whose expired texts were removed. */
  expired: string[];
}

/**
 * Moves finished days to storage, drops texts past their retention, and deletes events older than
 * 30 days from the hot log. Throws StorageError `AUDIT_BROKEN` when the chain is broken.
 */
export async function rollAudit(
  { env, log, storage }: AuditSource & { storage: Storage },
  nowMs: number,
): Promise<RolledAudit> {
  const today = dayOfMs(nowMs);
  const rolled: string[] = [];
  for (;;) {
    const next = ((await log.rolledDays()).at(-1)?.last ?? 0) + 1;
    const [first] = await log.lines(next, 1);
    const day = first?.at.slice(0, 10) ?? today;
    if (day >= today) break;
    const written: RolledDay = { day, first: next, last: 0, link: "", expiredDays: 0 };
    await storage.put(coldKey(env, day), framesOfDay(log, written));
    await log.putDay(written);
    rolled.push(day);
  }
  const expired = await expire({ env, log, storage }, nowMs);
  await log.forget(dayOfMs(nowMs - HOT_DAYS * DAY_MS));
  return { rolled, expired };
}

/** Yields the frames of a day; sets `written.last` and `written.link`. */
async function* framesOfDay(log: AuditLog, written: RolledDay): AsyncGenerator<Uint8Array> {
  let before = (await log.rolledDays()).at(-1)?.link ?? GENESIS;
  for (let from = written.first;;) {
    const all = await log.lines(from, FRAME_EVENTS);
    const lines = all.filter(({ at }) => at.startsWith(written.day));
    const last = lines.at(-1);
    if (last === undefined) return;
    for (const line of lines) {
      if (linkOf(before, line) !== line.link) throw brokenError(line.position);
      before = line.link;
    }
    written.last = last.position;
    written.link = last.link;
    from = last.position + 1;
    yield frameOf(lines);
  }
}

function frameOf(lines: readonly ChainLine[]): Uint8Array {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  return compressFrame(new TextEncoder().encode(text));
}

/** Drops event texts past their retention; their hashes stay in the chain. */
async function expire(
  { env, log, storage }: AuditSource & { storage: Storage },
  nowMs: number,
): Promise<string[]> {
  const expired: string[] = [];
  for (const known of await log.rolledDays()) {
    const ageDays = Math.floor((nowMs - Date.parse(known.day)) / DAY_MS) - 1;
    const over = Math.max(0, ...Object.values(AUDIT_RETENTION_DAYS).filter((n) => n < ageDays));
    if (over <= known.expiredDays) continue;
    const key = coldKey(env, known.day);
    const frames = (await readCold(storage, key)).map((lines) =>
      frameOf(
        lines().map((line) =>
          AUDIT_RETENTION_DAYS[line.category] <= over ? { ...line, event: undefined } : line
        ),
      )
    );
    await storage.put(key, ReadableStream.from(frames));
    await log.putDay({ ...known, expiredDays: over });
    expired.push(known.day);
  }
  return expired;
}

function brokenError(position: number): StorageError {
  return new StorageError("AUDIT_BROKEN", `The audit log does not hold at event ${position}`, {
    hint: "ssmd audit verify tells what was changed; nothing was removed",
    context: { position },
  });
}
