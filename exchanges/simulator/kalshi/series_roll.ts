import { isoOfUs } from "@ssmd/runtime";
import type { SeriesRollOptions } from "../options.ts";
import type { LifeBody } from "./listing.ts";
import { gridOf } from "./symbols.ts";

/** Periods between a market's creation and its opening. */
const AHEAD = 1;

/** A change of a market's terms, after a share of its time. */
interface Terms {
  share: number;
  type: string;
  fields: Record<string, unknown>;
}

/**
 * A rolling series of markets, like Kalshi's `KXBTC15M`: each is created a period before it opens,
 * gets finer prices after a third of its time, moves its close a second later after two thirds, is
 * determined when it closes, and settled a tenth of a period later.
 */
export class SeriesRoll {
  #series: string;
  #everyUs: number;
  #opened: number | undefined;
  #settleAtUs = Infinity;
  /** Pending changes of the open market. */
  #terms: Terms[] = [];

  constructor({ series, everyUs }: SeriesRollOptions) {
    this.#series = series;
    this.#everyUs = everyUs;
  }

  /** Lifecycle messages due at a time, µs since 1970. */
  due(nowUs: number): LifeBody[] {
    const now = Math.floor(nowUs / this.#everyUs);
    if (this.#opened === undefined) {
      this.#opened = now;
      this.#newTerms(now);
      const ahead = Array.from({ length: AHEAD }, (_, i) => this.#created(now + 1 + i));
      return [this.#created(now), this.#step(now, "activated"), ...ahead];
    }
    const due: LifeBody[] = [];
    while (this.#opened < now) {
      if (this.#settleAtUs < Infinity) due.push(this.#settled(this.#opened - 1));
      const seconds = Math.floor(((this.#opened + 1) * this.#everyUs) / 1e6);
      const result = this.#opened % 2 === 0 ? "yes" : "no";
      due.push(
        this.#step(this.#opened, "determined", {
          ...{ determination_ts: seconds, result },
          settlement_value: result === "yes" ? "1.0000" : "0.0000",
        }),
      );
      this.#opened++;
      this.#settleAtUs = this.#opened * this.#everyUs + this.#everyUs / 10;
      due.push(this.#step(this.#opened, "activated"), this.#created(this.#opened + AHEAD));
      this.#newTerms(this.#opened);
    }
    due.push(...this.#dueTerms(nowUs, this.#opened));
    if (nowUs >= this.#settleAtUs) due.push(this.#settled(this.#opened - 1));
    return due;
  }

  #dueTerms(nowUs: number, opened: number): LifeBody[] {
    const isDue = ({ share }: Terms) => nowUs >= (opened + share) * this.#everyUs;
    const due = this.#terms.filter(isDue);
    this.#terms = this.#terms.filter((each) => !isDue(each));
    return due.map(({ type, fields }) => this.#step(opened, type, fields));
  }

  #newTerms(period: number): void {
    const close_ts = Math.floor((period + 1) * this.#everyUs / 1e6) + 1;
    this.#terms = [
      {
        ...{ share: 1 / 3, type: "price_level_structure_updated" },
        fields: gridOf("deci_cent"),
      },
      { share: 2 / 3, type: "close_date_updated", fields: { close_ts } },
    ];
  }

  #settled(period: number): LifeBody {
    const settled_ts = Math.floor(this.#settleAtUs / 1e6);
    this.#settleAtUs = Infinity;
    return this.#step(period, "settled", { settled_ts });
  }

  #created(period: number): LifeBody {
    const [open_ts, close_ts] = [period, period + 1].map((n) =>
      Math.floor(n * this.#everyUs / 1e6)
    );
    return this.#step(period, "created", {
      ...{ open_ts, close_ts, exchange_index: 0, ...gridOf("linear_cent") },
      additional_metadata: { title: "Up or down?", event_ticker: this.#event(period) },
    });
  }

  #step(period: number, event_type: string, more: Record<string, unknown> = {}): LifeBody {
    return { market_ticker: `${this.#event(period)}-00`, ...more, event_type };
  }

  /** Event ticker, named by its close: `KXBTC15M-20261129181500`. */
  #event(period: number): string {
    const closes = isoOfUs((period + 1) * this.#everyUs).slice(0, 19);
    return `${this.#series}-${closes.replace(/\D/g, "")}`;
  }
}
