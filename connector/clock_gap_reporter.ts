import type { ClockStep } from "./clock_steps.ts";
import type { ClockMonitor } from "./clock_monitor.ts";

/** Cause of suspect times: the clock source reports it, or the clock was stepped. */
type Cause = "source" | "step";

interface Suspicion {
  /** Start, µs. */
  fromUs: number;
  causes: Set<Cause>;
}

/** Writes a clock event into a connection's lines. */
type NoteClockEvent = (
  connectionIndex: number,
  name: "clock" | "clock_good",
  event: { why: string; fromUs: number },
) => void;

/** Writes into each connection's lines when its times start and stop being suspect. */
export class ClockGapReporter {
  #event: NoteClockEvent;
  #suspect = new Map<number, Suspicion>();

  /** `event` writes a line into a connection's stream. */
  constructor(event: NoteClockEvent) {
    this.#event = event;
  }

  /** Restores suspect times that the last run reported and left open. */
  resume(connectionIndex: number, fromUs: number): void {
    this.#suspect.set(connectionIndex, { fromUs, causes: new Set(["source"]) });
  }

  /** Applies a clock reading taken at `atUs`. Status `unknown` changes nothing. */
  tell(
    connectionIndexes: Iterable<number>,
    { current, lastGoodAtUs }: ClockMonitor,
    atUs: number,
  ): void {
    for (const connectionIndex of connectionIndexes) {
      if (current.status === "unsynchronized") {
        this.#begin(connectionIndex, "source", {
          why: current.why ?? "",
          fromUs: lastGoodAtUs ?? atUs,
        });
      } else if (current.status === "synchronized") {
        this.#end(connectionIndex, "source", "the clock is synchronized");
      }
    }
  }

  /** Applies a clock step, or the end of the distrust that follows one. */
  tellStep(connectionIndexes: Iterable<number>, step: ClockStep): void {
    for (const connectionIndex of connectionIndexes) {
      if (step.type === "suspect") this.#begin(connectionIndex, "step", step);
      else this.#end(connectionIndex, "step", step.why);
    }
  }

  #begin(
    connectionIndex: number,
    cause: Cause,
    { why, fromUs }: { why: string; fromUs: number },
  ): void {
    const known = this.#suspect.get(connectionIndex);
    if (known !== undefined) return void known.causes.add(cause);
    this.#suspect.set(connectionIndex, { fromUs, causes: new Set([cause]) });
    this.#event(connectionIndex, "clock", { why, fromUs });
  }

  #end(connectionIndex: number, cause: Cause, why: string): void {
    const known = this.#suspect.get(connectionIndex);
    if (known === undefined || !known.causes.delete(cause) || known.causes.size > 0) return;
    this.#suspect.delete(connectionIndex);
    this.#event(connectionIndex, "clock_good", { why, fromUs: known.fromUs });
  }
}
