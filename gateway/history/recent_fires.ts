import type { Fire } from "@ssmd/market";

const FIRES_MAX = 5_000;

/** The newest fires of all signals, in memory. */
export class RecentFires {
  #fires: Fire[] = [];
  #last = new Map<string, Fire>();

  /** Adds a fire of the stream. */
  add(fire: Fire): void {
    this.#fires.push(fire);
    this.#last.set(fire.signal, fire);
    // Cut in blocks: one shift per fire would move the whole list each time.
    if (this.#fires.length > FIRES_MAX * 1.25) this.#fires = this.#fires.slice(-FIRES_MAX);
  }

  /** Returns the fires of a signal, the newest last. */
  of(signal: string): Fire[] {
    return this.#fires.filter((fire) => fire.signal === signal);
  }
}
