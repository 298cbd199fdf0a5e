import { ALL_SYMBOLS } from "@ssmd/market";

/** A span with missing records. */
export interface MissingSpan {
  /** Our symbol name, or `_all`. */
  symbol: string;
  /** Missing record type; `all` for every type. */
  channel: string;
  reason: string;
  /** Last time known to be good, µs. */
  fromUs: number;
  /** First good time afterwards, µs; 0 or undefined while open. */
  toUs: number | undefined;
}

/** Gaps that affect one record type of a market. */
export class GapMarks {
  #gaps: MissingSpan[];
  #breaks: number[];

  /** Selects them from `gaps`, in any order. */
  constructor(gaps: readonly MissingSpan[], symbol: string, channel: string) {
    this.#gaps = gaps.filter((gap) =>
      (gap.symbol === symbol || gap.symbol === ALL_SYMBOLS) &&
      (gap.channel === channel || gap.channel === "all")
    ).sort((a, b) => a.fromUs - b.fromUs);
    // A clock gap loses no records.
    this.#breaks = this.#gaps.flatMap(({ reason, fromUs }) => reason === "clock" ? [] : [fromUs]);
  }

  /** Returns whether a gap overlaps [fromUs, toUs). Call with spans in time order. */
  touches(fromUs: number, toUs: number): boolean {
    while (this.#gaps[0]?.toUs && this.#gaps[0].toUs <= fromUs) this.#gaps.shift();
    for (const gap of this.#gaps) {
      if (gap.fromUs >= toUs) return false;
      if (!gap.toUs || gap.toUs > fromUs) return true;
    }
    return false;
  }

  /** Returns the start of the next record-losing gap before `untilUs`; undefined without one. */
  nextBreak(untilUs: number): number | undefined {
    const [us] = this.#breaks;
    return us !== undefined && us < untilUs ? us : undefined;
  }

  /** Drops the breaks before `untilUs`; returns whether there were any. */
  passBreaks(untilUs: number): boolean {
    const count = this.#breaks.findIndex((us) => us >= untilUs);
    return this.#breaks.splice(0, count < 0 ? Infinity : count).length > 0;
  }
}
