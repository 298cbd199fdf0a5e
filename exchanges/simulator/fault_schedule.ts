import { ConfigError, parseDurationMs, suggestion } from "@ssmd/runtime";
import { checkFault } from "./fault_check.ts";
import { type Fault, FAULT_TYPES, type ScheduledFault } from "./faults.ts";
import type { SimulatedVenueId } from "./options.ts";
import { VENUES } from "./venues.ts";

const KEYS = [
  "every",
  "at",
  "frames",
  "for",
  "what",
  "kind",
  "count",
  "symbol",
  "heartbeats",
] as const;

function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new ConfigError("FAULT_INVALID", `"${text}" is no number above 0`);
}

function pairsOf(text: string): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const part of text === "" ? [] : text.split(",")) {
    const colon = part.indexOf(":");
    const key = colon < 0 ? part : part.slice(0, colon);
    if (!(KEYS as readonly string[]).includes(key)) {
      throw new ConfigError("FAULT_INVALID", `A fault has no "${key}"`, {
        hint: suggestion(key, KEYS),
      });
    }
    pairs.set(key, colon < 0 ? "" : part.slice(colon + 1));
  }
  return pairs;
}

function faultOf(type: string, pairs: Map<string, string>): Fault {
  const fields: Record<string, unknown> = { type };
  const forText = pairs.get("for");
  if (type === "silent") fields.forMs = forText === undefined ? 5000 : parseDurationMs(forText);
  else if (forText !== undefined) fields.forMs = parseDurationMs(forText);
  for (const key of ["what", "kind", "symbol"]) if (pairs.has(key)) fields[key] = pairs.get(key);
  const count = pairs.get("count");
  if (count !== undefined) fields.count = parseCount(count);
  if (pairs.has("heartbeats")) fields.heartbeats = true;
  return fields as unknown as Fault;
}

/**
 * Parses `drop=every:30s`, `silent=every:1m,for:5s`, `rubbish=at:10s,what:binary`,
 * `skip=frames:1000,kind:trade`. Throws ConfigError `FAULT_INVALID`, `FAULT_UNSUPPORTED` or
 * `DURATION_INVALID`.
 */
export function parseScheduledFault(text: string, venue: SimulatedVenueId): ScheduledFault {
  const equals = text.indexOf("=");
  const type = equals < 0 ? text : text.slice(0, equals);
  if (!(FAULT_TYPES as readonly string[]).includes(type)) {
    throw new ConfigError("FAULT_INVALID", `"${type}" is no fault`, {
      hint: suggestion(type, FAULT_TYPES),
    });
  }
  const pairs = pairsOf(equals < 0 ? "" : text.slice(equals + 1));
  const fault = faultOf(type, pairs);
  checkFault(fault, VENUES[venue]);
  const every = pairs.get("every");
  const at = pairs.get("at");
  const frames = pairs.get("frames");
  const scheduled: ScheduledFault = {
    fault,
    ...(every === undefined ? {} : { everyMs: parseDurationMs(every) }),
    ...(at === undefined ? {} : { atMs: parseDurationMs(at) }),
    ...(frames === undefined ? {} : { everyFrames: parseCount(frames) }),
  };
  if (every ?? at ?? frames) return scheduled;
  throw new ConfigError("FAULT_INVALID", `When is ${type} to happen?`, {
    hint: `Write ${type}=every:30s, ${type}=at:10s or ${type}=frames:1000`,
  });
}

/** Injects faults on schedule. */
export class FaultSchedule {
  /** Number of sent frames at which to call {@linkcode FaultSchedule.reached}. */
  dueAtFrames = Infinity;
  #inject: (fault: Fault) => void;
  #timers: ReturnType<typeof setTimeout>[] = [];
  #byFrames: { fault: Fault; every: number; next: number }[] = [];

  constructor(faults: readonly ScheduledFault[], inject: (fault: Fault) => void) {
    this.#inject = inject;
    for (const { fault, everyMs, atMs, everyFrames } of faults) {
      if (everyMs !== undefined) this.#timers.push(setInterval(() => inject(fault), everyMs));
      if (atMs !== undefined) this.#timers.push(setTimeout(() => inject(fault), atMs));
      if (everyFrames !== undefined) {
        this.#byFrames.push({ fault, every: everyFrames, next: everyFrames });
      }
    }
    this.#findNext();
  }

  #findNext(): void {
    this.dueAtFrames = Math.min(Infinity, ...this.#byFrames.map((each) => each.next));
  }

  /** Injects the faults due at this number of sent frames. */
  reached(frames: number): void {
    const due = this.#byFrames.filter((each) => each.next <= frames);
    for (const each of due) each.next = frames + each.every;
    this.#findNext();
    for (const each of due) this.#inject(each.fault);
  }

  /** Cancels all faults. */
  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#byFrames.length = 0;
    this.dueAtFrames = Infinity;
  }
}
