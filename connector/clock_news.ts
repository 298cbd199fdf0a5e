import type { ClockStep } from "./clock_steps.ts";
import type { ClockWatch } from "./clock_watch.ts";

/** Why times are suspect: what keeps the clock says so, or the clock was set. */
type Cause = "source" | "step";

interface Suspicion {
  /** Since when, µs. */
  fromUs: number;
  causes: Set<Cause>;
}

/** Tells, in the lines of each connection, when its times begin and cease to be suspect. */
export class ClockNews {
  #event: (slot: number, name: string, why: string, fromUs: number) => void;
  #suspect = new Map<number, Suspicion>();

  /** `event` puts a line into a connection's. */
  constructor(event: (slot: number, name: string, why: string, fromUs: number) => void) {
    this.#event = event;
  }

  /** The last run left the times of a slot suspect, and told it. */
  resume(slot: number, fromUs: number): void {
    this.#suspect.set(slot, { fromUs, causes: new Set(["source"]) });
  }

  /** The clock was asked at `atUs`. A source that does not say changes nothing that was told. */
  tell(slots: Iterable<number>, { current, goodUs }: ClockWatch, atUs: number): void {
    for (const slot of slots) {
      if (current.status === "unsynchronized") {
        this.#begin(slot, "source", { why: current.why ?? "", fromUs: goodUs ?? atUs });
      } else if (current.status === "synchronized") {
        this.#end(slot, "source", "the clock is synchronized");
      }
    }
  }

  /** The clock was set, or is to be trusted again after that. */
  tellStep(slots: Iterable<number>, step: ClockStep): void {
    for (const slot of slots) {
      if (step.type === "suspect") this.#begin(slot, "step", step);
      else this.#end(slot, "step", step.why);
    }
  }

  #begin(slot: number, cause: Cause, { why, fromUs }: { why: string; fromUs: number }): void {
    const known = this.#suspect.get(slot);
    if (known !== undefined) return void known.causes.add(cause);
    this.#suspect.set(slot, { fromUs, causes: new Set([cause]) });
    this.#event(slot, "clock", why, fromUs);
  }

  #end(slot: number, cause: Cause, why: string): void {
    const known = this.#suspect.get(slot);
    if (known === undefined || !known.causes.delete(cause) || known.causes.size > 0) return;
    this.#suspect.delete(slot);
    this.#event(slot, "clock_good", why, known.fromUs);
  }
}
