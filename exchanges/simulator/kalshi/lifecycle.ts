import { Random } from "../model/prng.ts";

const ROUND_US = 15_000_000;

/** Lifecycle of short-lived markets that exist in the lifecycle channel only. Times in µs. */
export class KalshiLifecycle {
  #random: Random;
  #nextUs = 2_000_000;
  #number = 0;

  constructor(seed: number) {
    this.#random = new Random(seed, "lifecycle");
  }

  /** Bodies of messages due until the model time `elapsedUs`; `nowUs` since 1970. */
  due(elapsedUs: number, nowUs: number): string[] {
    if (elapsedUs < this.#nextUs) return [];
    this.#nextUs += ROUND_US / 5;
    const step = this.#number++ % 5;
    const ticker = `KXSIMFLIP-R${Math.floor((this.#number - 1) / 5) + 1}-T0.5`;
    const seconds = Math.floor(nowUs / 1e6);
    const name = `"market_ticker":"${ticker}",`;
    switch (step) {
      case 0:
        return [
          `{${name}"open_ts":${seconds},"close_ts":${seconds + 9},"exchange_index":0,` +
          `"price_level_structure":"linear_cent","additional_metadata":{"title":"Heads?",` +
          `"event_ticker":"KXSIMFLIP-R${Math.floor((this.#number - 1) / 5) + 1}"},` +
          `"event_type":"created"}`,
        ];
      case 1:
        return [`{${name}"is_deactivated":false,"event_type":"activated"}`];
      case 2:
        return [`{${name}"close_ts":${seconds + 3},"event_type":"close_date_updated"}`];
      case 3: {
        const yes = this.#random.unit() < 0.5;
        return [
          `{${name}"determination_ts":${seconds},"result":"${yes ? "yes" : "no"}",` +
          `"settlement_value":"${yes ? "1.0000" : "0.0000"}","event_type":"determined"}`,
        ];
      }
      default:
        return [`{${name}"settled_ts":${seconds},"event_type":"settled"}`];
    }
  }
}
