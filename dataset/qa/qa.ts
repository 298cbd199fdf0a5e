import { EVENT_TYPES, type EventType, type MarketEvent } from "@ssmd/market";
import type { QaCheck, QaRules } from "@ssmd/metadata";
import type { CheckedDay, Checker } from "./checker.ts";
import { CrossedBook } from "./crossed_book.ts";
import { DuplicateIds } from "./duplicate_ids.ts";
import type { QaCheckResult } from "./report.ts";
import { Range } from "./range_check.ts";
import { MaxGap, MonotonicTime, Presence } from "./time_checks.ts";

/** A check with its scope. */
interface Running {
  check: QaCheck;
  checker: Checker;
  symbols: SymbolFilter;
  records: number;
}

/**
 * Runs all checks in one pass over a day's records, ordered by receivedAt and sequence. Memory is
 * bounded by symbols and book levels, and for ids by their own limit.
 */
export async function checkRecords(
  rules: Pick<QaRules, "checks">,
  day: CheckedDay,
  batches: AsyncIterable<readonly MarketEvent[]>,
): Promise<{ records: number; checks: QaCheckResult[] }> {
  const running = rules.checks.map((check): Running => ({
    check,
    checker: checkerOf(check, day),
    symbols: new SymbolFilter(check.symbols),
    records: 0,
  }));
  const byType = new Map(
    EVENT_TYPES.map((type) => [type, running.filter(({ check }) => typesOf(check).includes(type))]),
  );
  let records = 0;
  let firstUs = Infinity;
  let lastUs = 0;
  for await (const batch of batches) {
    for (const event of batch) {
      records++;
      firstUs = Math.min(firstUs, event.receivedAtUs);
      lastUs = Math.max(lastUs, event.receivedAtUs);
      if (event.type === "gap") { for (const { checker } of running) checker.gap(event); }
      for (const each of byType.get(event.type) ?? []) {
        if (!each.symbols.takes(event.symbol)) continue;
        each.records++;
        each.checker.see(event);
      }
    }
  }
  if (records > 0) { for (const { checker } of running) checker.end(firstUs, lastUs); }
  return { records, checks: running.map(resultOf) };
}

/** Returns the record types that the checks need, including gaps. */
export function typesChecked({ checks }: Pick<QaRules, "checks">): EventType[] {
  const wanted = new Set<EventType>(["gap", ...checks.flatMap(typesOf)]);
  return EVENT_TYPES.filter((type) => wanted.has(type));
}

/** Returns a short name of a check: `range trade price`. */
function nameOf(check: QaCheck): string {
  const parts: string[] = [check.type];
  if ("records" in check) parts.push(check.records.join(","));
  if (check.type === "range") parts.push(check.field);
  if (check.type === "monotonic_time") parts.push(check.clock);
  if (check.type === "duplicate_ids") parts.push(check.id);
  if ("of" in check && check.of === "feed") parts.push("feed");
  if (check.symbols !== undefined) parts.push(check.symbols.join(","));
  return parts.join(" ");
}

function resultOf({ check, checker, records }: Running): QaCheckResult {
  const { offenders, note } = checker;
  return {
    check: check.type,
    name: nameOf(check),
    records,
    failures: offenders.count,
    first: offenders.first,
    note,
  };
}

function typesOf(check: QaCheck): readonly EventType[] {
  return check.type === "crossed_book" ? ["orderbook"] : check.records;
}

function checkerOf(check: QaCheck, day: CheckedDay): Checker {
  switch (check.type) {
    case "max_gap":
      return new MaxGap(check, day);
    case "range":
      return new Range(check);
    case "presence":
      return new Presence(check, day);
    case "monotonic_time":
      return new MonotonicTime(check);
    case "crossed_book":
      return new CrossedBook(check);
    case "duplicate_ids":
      return new DuplicateIds(check);
  }
}

/** Matches symbols against patterns; caches results. */
class SymbolFilter {
  #patterns: readonly string[] | undefined;
  #known = new Map<string, boolean>();

  constructor(patterns: readonly string[] | undefined) {
    this.#patterns = patterns;
  }

  takes(symbol: string): boolean {
    const patterns = this.#patterns;
    if (patterns === undefined) return true;
    let takes = this.#known.get(symbol);
    if (takes === undefined) {
      takes = patterns.some((pattern) =>
        pattern.endsWith("*") ? symbol.startsWith(pattern.slice(0, -1)) : symbol === pattern
      );
      this.#known.set(symbol, takes);
    }
    return takes;
  }
}
