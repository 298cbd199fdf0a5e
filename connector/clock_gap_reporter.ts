import type { ClockStep } from "./clock_steps.ts";
import type { ClockMonitor } from "./clock_monitor.ts";

/** Why times are suspect: what keeps the clock says so, or the clock was set. */
type Cause = "source" | "step";

interface Suspicion {
  /** Since when, µs. */
  fromUs: number;
  causes: Set<Cause>;
}

/** Writes an event into the lines of a connection. */
type NoteClockEvent = (
  connectionIndex: number,
  name: "clock" | "clock_good",
  event: { why: string; fromUs: number },
) => void;

/** Tells, in the lines of each connection, when its times begin and cease to be suspect. */
export class ClockGapReporter {
  #event: NoteClockEvent;
  #suspect = new Map<number, Suspicion>();

  /** `event` puts a line into a connection's. */
  constructor(event: NoteClockEvent) {
    this.#event = event;
  }

  /** The last run left the times of a connectionIndex suspect, and told it. */
  resume(connectionIndex: number, fromUs: number): void {
    this.#suspect.set(connectionIndex, { fromUs, causes: new Set(["source"]) });
  }

  /** The clock was asked at `atUs`. A source that does not say changes nothing that was told. */
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

  /** The clock was set, or is to be trusted again after that. */
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
