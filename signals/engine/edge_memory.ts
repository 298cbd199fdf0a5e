import type { Edge } from "./signal.ts";
import type { StateReader, StateWriter } from "../builders/state_bytes.ts";

const HOUR_US = 3_600_000_000;

/** Why a condition that fired once more gives no fire. */
type Verdict = "none" | "fire" | "cooling" | "not warm" | "capped";

/** What an edge, a cooldown and a cap are judged by. */
interface EdgeRules {
  readonly edge: Edge;
  readonly cooldownUs: number;
  readonly maxFiresPerHour: number;
}

/**
 * What an instance remembers of its condition. Begun in the middle of the data (`isCold`) it does not
 * know when it fired last, so it fires only after a cooldown in which nothing could have fired:
 * then a run from the data's begin fires at the same record.
 */
export class EdgeMemory {
  readonly #rules: EdgeRules;
  #last: boolean | undefined;
  #lastFireUs = -Infinity;
  #isSynced: boolean;
  /** While not synced: the last moment at which a fire may have been, µs; NaN = not asked yet. */
  #quietSinceUs = NaN;
  #hour = -1;
  #firesInHour = 0;

  /** Nothing was seen. */
  constructor(rules: EdgeRules, isCold: boolean) {
    this.#rules = rules;
    this.#isSynced = !isCold || rules.cooldownUs === 0;
  }

  /** Forgets what the condition was: an edge must be seen whole. */
  forget(): void {
    this.#last = undefined;
  }

  /** What the condition was; undefined = not seen. */
  get last(): boolean | undefined {
    return this.#last;
  }

  /** What follows from the condition's value at a time. */
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

  /** Writes what it remembers. */
  write(to: StateWriter): void {
    to.number(this.#last === undefined ? -1 : Number(this.#last)).number(this.#lastFireUs);
    to.flag(this.#isSynced).number(this.#quietSinceUs).number(this.#hour).number(this.#firesInHour);
  }

  /** Takes over what was remembered. */
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
