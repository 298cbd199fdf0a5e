import type { Edge } from "./signal.ts";
import type { StateReader, StateWriter } from "../builders/state_bytes.ts";

const HOUR_US = 3_600_000_000;

/** Result of judging a condition: fire, or the reason for no fire. */
type Verdict = "none" | "fire" | "cooling" | "not warm" | "capped";

/** Edge, cooldown and hourly cap of a signal. */
interface EdgeRules {
  readonly edge: Edge;
  readonly cooldownUs: number;
  readonly maxFiresPerHour: number;
}

/**
 * Edge, cooldown and cap state of one instance. When started mid-stream (`isCold`), its last fire
 * is unknown; it fires only after a cooldown in which nothing could have fired, so a run from the
 * start of the data fires at the same record.
 */
export class EdgeMemory {
  readonly #rules: EdgeRules;
  #last: boolean | undefined;
  #lastFireUs = -Infinity;
  #isSynced: boolean;
  /** While not synced: last time a fire was possible, µs; NaN before the first evaluation. */
  #quietSinceUs = NaN;
  #hour = -1;
  #firesInHour = 0;

  /** Creates an empty memory. */
  constructor(rules: EdgeRules, isCold: boolean) {
    this.#rules = rules;
    this.#isSynced = !isCold || rules.cooldownUs === 0;
  }

  /** Forgets the condition's value; both sides of an edge must be seen. */
  forget(): void {
    this.#last = undefined;
  }

  /** Last value of the condition; undefined when unknown. */
  get last(): boolean | undefined {
    return this.#last;
  }

  /** Whether it is certain when it last fired; until then it never fires. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** Judges the condition's value at a time. */
  judge(value: boolean, nowUs: number): Verdict {
    if (!this.#isSynced && this.#quietSinceUs !== this.#quietSinceUs) this.#quietSinceUs = nowUs;
    const last = this.#last;
    this.#last = value;
    if (!isEdge(this.#rules.edge, last, value)) return "none";
    if (!this.#isSynced && !this.#sync(nowUs)) return "not warm";
    if (nowUs - this.#lastFireUs < this.#rules.cooldownUs) return "cooling";
    const hour = Math.floor(nowUs / HOUR_US);
    if (hour !== this.#hour) [this.#hour, this.#firesInHour] = [hour, 0];
    if (this.#firesInHour >= this.#rules.maxFiresPerHour) return "capped";
    this.#firesInHour++;
    this.#lastFireUs = nowUs;
    return "fire";
  }

  #sync(nowUs: number): boolean {
    this.#isSynced = nowUs - this.#quietSinceUs >= this.#rules.cooldownUs;
    this.#quietSinceUs = nowUs;
    return this.#isSynced;
  }

  /** Writes the memory. */
  write(to: StateWriter): void {
    to.number(this.#last === undefined ? -1 : Number(this.#last)).number(this.#lastFireUs);
    to.flag(this.#isSynced).number(this.#quietSinceUs).number(this.#hour).number(this.#firesInHour);
  }

  /** Restores the memory. */
  read(from: StateReader): void {
    const last = from.number();
    this.#last = last < 0 ? undefined : last === 1;
    this.#lastFireUs = from.number();
    this.#isSynced = from.flag();
    this.#quietSinceUs = from.number();
    this.#hour = from.number();
    this.#firesInHour = from.number();
  }
}

function isEdge(edge: Edge, last: boolean | undefined, value: boolean): boolean {
  if (edge === "level") return value;
  return edge === "rising" ? value && last === false : !value && last === true;
}
