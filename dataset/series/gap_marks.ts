import { ALL_SYMBOLS } from "@ssmd/market";

/** A time in which records are missing, as archive and gateway know it. */
export interface MissingSpan {
  /** Our name, or `_all`. */
  symbol: string;
  /** The type of record that is missing; `all` = every one. */
  channel: string;
  reason: string;
  /** Last moment known to be good, µs. */
  fromUs: number;
  /** First moment good again, µs; 0 or undefined = still open. */
  toUs: number | undefined;
}

/** The gaps that concern one type of record of a market. */
export class GapMarks {
  #gaps: MissingSpan[];
  #breaks: number[];

  /** Of `gaps`, in any order. */
  constructor(gaps: readonly MissingSpan[], symbol: string, channel: string) {
    this.#gaps = gaps.filter((gap) =>
      (gap.symbol === symbol || gap.symbol === ALL_SYMBOLS) &&
      (gap.channel === channel || gap.channel === "all")
    ).sort((a, b) => a.fromUs - b.fromUs);
    // A clock that is off loses nothing.
    this.#breaks = this.#gaps.flatMap(({ reason, fromUs }) => reason === "clock" ? [] : [fromUs]);
  }

  /** Whether a gap touches [fromUs, toUs). Spans are asked for in order of time. */
  touches(fromUs: number, toUs: number): boolean {
    while (this.#gaps[0]?.toUs && this.#gaps[0].toUs <= fromUs) this.#gaps.shift();
    for (const gap of this.#gaps) {
      if (gap.fromUs >= toUs) return false;
      if (!gap.toUs || gap.toUs > fromUs) return true;
    }
    return false;
  }

  /** Begin of the next gap in which records are lost, where it is before `untilUs`. */
  nextBreak(untilUs: number): number | undefined {
    const [us] = this.#breaks;
    return us !== undefined && us < untilUs ? us : undefined;
  }

  /** Takes off the breaks before `untilUs`; whether there were any. */
  passBreaks(untilUs: number): boolean {
    const count = this.#breaks.findIndex((us) => us >= untilUs);
    return this.#breaks.splice(0, count < 0 ? Infinity : count).length > 0;
  }
}
