import { type Gap, isBreak, type MarketEvent } from "@ssmd/market";
import { OpenGaps } from "./open_gaps.ts";

/** Consecutive records required before a jump in sequence counts as missing records. */
const RUN_MIN = 64;

/**
 * Connection of a feed to its venue, derived from its records: `connecting` = no record yet;
 * `disconnected` = broken or refused; `silent` = no data for a while.
 */
interface FeedConnection {
  state: "connecting" | "live" | "silent" | "disconnected";
  /** Reason of the disconnect; "" = not disconnected. */
  why: string;
  /** Start of this state, µs; 0 = unknown. */
  sinceUs: number;
}

/** State of one feed; `M` is the type of its markets. */
export class Feed<M> {
  readonly id: string;
  readonly markets: Map<string, M> = new Map();
  /** Open gaps of the whole feed. */
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

  /** Most severe open gap of the whole feed, if any. */
  get gap(): Gap | undefined {
    return this.gaps.worst;
  }

  /** Notes the receive time of a record. */
  noteTime({ type, receivedAtUs }: MarketEvent): void {
    this.updatedAtUs = receivedAtUs;
    if (type !== "gap") this.dataAtUs = receivedAtUs;
  }

  /** Returns the state of the connection; `silent` after `silentUs` without data. */
  connectionAt(nowUs: number, silentUs: number): FeedConnection {
    const { gap, dataAtUs, updatedAtUs } = this;
    if (gap !== undefined && isBreak(gap)) {
      return { state: "disconnected", why: gap.detail, sinceUs: gap.fromUs };
    }
    if (updatedAtUs === 0) return { state: "connecting", why: "", sinceUs: 0 };
    const state = nowUs - dataAtUs > silentUs ? "silent" : "live";
    return { state, why: "", sinceUs: state === "silent" ? dataAtUs : 0 };
  }

  /** Sequence of the last record. */
  get sequence(): number {
    return this.#lastSequence;
  }

  /**
   * Notes a record's sequence; returns how many records are missing before it. Sequences count per
   * connection: 0 when several connections serve the feed.
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

  /** Updates the rate; called once a second. */
  tick(): void {
    this.recordsPerSecond = this.records - this.#countedRecords;
    this.#countedRecords = this.records;
  }
}
