import { ALL_SYMBOLS, type Gap, isBreak, type MarketEvent } from "@ssmd/market";
import { isoOfUs } from "@ssmd/runtime";
import type { MaxGapCheck, MonotonicTimeCheck, PresenceCheck } from "@ssmd/metadata";
import { type CheckedDay, Checker } from "./checker.ts";

const HOUR_US = 3_600_000_000;

/** Checks that no symbol, or the feed, is silent too long while the market is open. */
export class MaxGap extends Checker {
  #check: MaxGapCheck;
  #day: CheckedDay;
  #lastUs = new Map<string, number>();

  /** Creates the check. */
  constructor(check: MaxGapCheck, day: CheckedDay) {
    super();
    this.#check = check;
    this.#day = day;
  }

  override see(event: MarketEvent): void {
    const name = this.#check.of === "feed" ? ALL_SYMBOLS : event.symbol;
    const lastUs = this.#lastUs.get(name);
    const { receivedAtUs } = event;
    this.#lastUs.set(name, receivedAtUs);
    if (lastUs === undefined) return;
    if (receivedAtUs - lastUs <= this.#check.longest * 1000) return;
    const { openUs } = this.#day;
    const silentMs = (openUs?.(lastUs, receivedAtUs) ?? receivedAtUs - lastUs) / 1000;
    if (silentMs <= this.#check.longest) return;
    this.offenders.add(event, () => {
      const silent = `${(silentMs / 1000).toFixed(1)} s`;
      return `nothing for ${silent} since ${isoOfUs(lastUs)}; at most ${this.#check.longest} ms`;
    });
  }
}

/** Checks that each fully open hour between the feed's first and last record has records. */
export class Presence extends Checker {
  #check: PresenceCheck;
  #day: CheckedDay;
  #hours = new Map<string, Uint32Array>();

  /** Creates the check; named symbols are expected even without any record. */
  constructor(check: PresenceCheck, day: CheckedDay) {
    super();
    this.#check = check;
    this.#day = day;
    const named = check.of === "feed" ? [ALL_SYMBOLS] : check.symbols ?? [];
    for (const symbol of named) if (!symbol.endsWith("*")) this.#hoursOf(symbol);
  }

  override see(event: MarketEvent): void {
    const hours = this.#hoursOf(this.#check.of === "feed" ? ALL_SYMBOLS : event.symbol);
    const hour = Math.floor((event.receivedAtUs - this.#day.startUs) / HOUR_US);
    hours[hour] = (hours[hour] ?? 0) + 1;
  }

  override end(firstUs: number, lastUs: number): void {
    const { startUs, openUs } = this.#day;
    const from = Math.max(0, Math.floor((firstUs - startUs) / HOUR_US));
    const to = Math.min(23, Math.floor((lastUs - startUs) / HOUR_US));
    for (let hour = from; hour <= to; hour++) {
      const atUs = startUs + hour * HOUR_US;
      if (openUs !== undefined && openUs(atUs, atUs + HOUR_US) < HOUR_US) continue;
      for (const [symbol, hours] of this.#hours) {
        const count = hours[hour] ?? 0;
        const { records, per_hour } = this.#check;
        if (count >= per_hour) continue;
        this.offenders.addTime(
          symbol,
          atUs,
          () => `${count} of ${records.join(", ")} in this hour; at least ${per_hour}`,
        );
      }
    }
  }

  #hoursOf(symbol: string): Uint32Array {
    let hours = this.#hours.get(symbol);
    if (hours === undefined) this.#hours.set(symbol, hours = new Uint32Array(24));
    return hours;
  }
}

/** Checks that times do not go back. */
export class MonotonicTime extends Checker {
  #check: MonotonicTimeCheck;
  #last = new Map<string, number>();
  /** Run of each symbol's last record. */
  #runs = new Map<string, number>();

  /** Creates the check. */
  constructor(check: MonotonicTimeCheck) {
    super();
    this.#check = check;
  }

  override see(event: MarketEvent): void {
    if (this.#check.clock === "received") this.#seeSequence(event);
    else if (event.timestampUs > 0) this.#seeVenue(event);
  }

  /** Older records carry no run; their sequences restart behind a gap on all symbols. */
  override gap(event: MarketEvent): void {
    if (this.#check.clock === "received" && isBreak(event as Gap)) this.#last.clear();
  }

  /** Records are in the order of our clock, so after a clock step back their sequences decrease. */
  #seeSequence(event: MarketEvent): void {
    const { symbol, sequence, run = 0 } = event;
    const isOfLastRun = (this.#runs.get(symbol) ?? run) === run;
    const last = isOfLastRun ? this.#last.get(symbol) : undefined;
    this.#runs.set(symbol, run);
    this.#last.set(symbol, sequence);
    if (last === undefined || sequence >= last) return;
    this.offenders.add(
      event,
      () => `sequence ${sequence} was received after ${last}: our clock went back`,
    );
  }

  #seeVenue(event: MarketEvent): void {
    const { symbol, timestampUs } = event;
    const last = this.#last.get(symbol) ?? 0;
    if (timestampUs > last) this.#last.set(symbol, timestampUs);
    const backMs = (last - timestampUs) / 1000;
    if (backMs <= (this.#check.tolerance ?? 0)) return;
    this.offenders.add(
      event,
      () => `the venue's time ${isoOfUs(timestampUs)} lies ${backMs} ms before an earlier one`,
    );
  }
}
