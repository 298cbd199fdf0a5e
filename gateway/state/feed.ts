import { type Gap, isBreak, type MarketEvent } from "@ssmd/market";
import { OpenGaps } from "./open_gaps.ts";

/** Consecutive records after which a hole in the numbers is believed to be one. */
const RUN_MIN = 64;

/**
 * How a feed's connection to its venue is, as its records tell: `connecting` = nothing came yet;
 * `disconnected` = it broke or was refused; `silent` = no data for long.
 */
interface FeedConnection {
  state: "connecting" | "live" | "silent" | "disconnected";
  /** Why it is disconnected; "" = it is not. */
  why: string;
  /** Start, µs; 0 = not known. */
  sinceUs: number;
}

/** State of one feed; `M` is a market. */
export class Feed<M> {
  readonly id: string;
  readonly markets: Map<string, M> = new Map();
  /** The open gaps of the whole feed. */
  readonly gaps: OpenGaps = new OpenGaps();
  /** Records since the gateway started. */
  records = 0;
  /** Receive time of the last record, µs; 0 = none yet. */
  updatedAtUs = 0;
  /** Receive time of the last record other than gaps, µs; 0 = none yet. */
  dataAtUs = 0;
  /** Records in the last whole second. */
  recordsPerSecond = 0;
  #countedRecords = 0;
  #lastSequence = 0;
  #run = 0;
  #oneConnection = true;

  constructor(id: string) {
    this.id = id;
  }

  /** The open gap of the whole feed that weighs most, if any. */
  get gap(): Gap | undefined {
    return this.gaps.worst;
  }

  /** Notes the time of a record. */
  noteTime({ type, receivedAtUs }: MarketEvent): void {
    this.updatedAtUs = receivedAtUs;
    if (type !== "gap") this.dataAtUs = receivedAtUs;
  }

  /** State of its connection; `silent` after `silentUs` without data. */
  connectionAt(nowUs: number, silentUs: number): FeedConnection {
    const { gap, dataAtUs, updatedAtUs } = this;
    if (gap !== undefined && isBreak(gap)) {
      return { state: "disconnected", why: gap.detail, sinceUs: gap.fromUs };
    }
    if (updatedAtUs === 0) return { state: "connecting", why: "", sinceUs: 0 };
    const state = nowUs - dataAtUs > silentUs ? "silent" : "live";
    return { state, why: "", sinceUs: state === "silent" ? dataAtUs : 0 };
  }

  /** Number of the last record. */
  get sequence(): number {
    return this.#lastSequence;
  }

  /**
   * Notes a record's number; returns how many records are missing before it. Numbers count the records
   * of one connection: 0 where several connections serve the feed.
   */
  note(sequence: number, newConnection: boolean): number {
    const last = this.#lastSequence;
    this.#lastSequence = sequence;
    if (sequence === last + 1) {
      this.#run++;
      return 0;
    }
    const run = this.#run;
    this.#run = 0;
    if (newConnection || last === 0) return 0;
    if (sequence <= last) this.#oneConnection = false;
    return this.#oneConnection && run >= RUN_MIN ? sequence - last - 1 : 0;
  }

  /** Called once a second: turns the count into a rate. */
  tick(): void {
    this.recordsPerSecond = this.records - this.#countedRecords;
    this.#countedRecords = this.records;
  }
}
