import type { Gap } from "@ssmd/market";
import type { LeaseCell } from "@ssmd/runtime";

/** What a connector captures of its feed now. */
interface CaptureState {
  /** Time from which its data is complete but for `open`, µs. */
  lastGoodAtUs: number;
  /** What is missing now, as {@linkcode missingName} names it. */
  open: readonly string[];
}

/** Names a missing part of a market. */
export function missingName({ symbol, channel }: Pick<Gap, "symbol" | "channel">): string {
  return `${symbol} ${channel}`;
}

interface Notice extends CaptureState {
  run: string;
  /** Changes with each notice. */
  beat: number;
}

/** Time without a notice after which a standby counts as gone, ms. */
const FRESH_MS = 5_000;
const OPEN_MAX = 200;
const DECODER = new TextDecoder();
const ENCODER = new TextEncoder();

/**
 * Cell in which a standby posts what it captures, so that the publishing connector can decide
 * whether to give its turn away. Freshness uses local clocks; only `lastGoodAtUs` is wall time.
 */
export class StandbyBoard {
  #cell: LeaseCell;
  #run: string;
  #nowMs: () => number;
  #beat = 0;
  #notice: Notice | undefined;
  #seen = "";
  #seenAtMs = -Infinity;

  /** `nowMs` is a monotonic clock. */
  constructor(cell: LeaseCell, run: string, nowMs: () => number = () => performance.now()) {
    this.#cell = cell;
    this.#run = run;
    this.#nowMs = nowMs;
  }

  /** Posts what is captured here. Rejects when the bus is away. */
  async post({ lastGoodAtUs, open }: CaptureState): Promise<void> {
    if (open.length > OPEN_MAX) return;
    const notice: Notice = { run: this.#run, beat: ++this.#beat, lastGoodAtUs, open };
    const bytes = ENCODER.encode(JSON.stringify(notice));
    // Another standby wrote first; after the read this one can write the next time.
    if (!await this.#cell.write(bytes)) await this.#cell.read();
  }

  /** Reads the latest notice. Rejects when the bus is away. */
  async look(): Promise<void> {
    const bytes = await this.#cell.read();
    const text = bytes === undefined ? "" : DECODER.decode(bytes);
    if (text === this.#seen) return;
    // A notice found by the first look may be old.
    if (this.#seen !== "") this.#seenAtMs = this.#nowMs();
    this.#seen = text;
    this.#notice = noticeIn(text);
  }

  /** Returns whether the standby has the gap's data since its start, and all else captured here. */
  hasInstead(gap: Pick<Gap, "symbol" | "channel" | "fromUs">, own: ReadonlySet<string>): boolean {
    const notice = this.#fresh();
    if (notice === undefined || notice.lastGoodAtUs > gap.fromUs) return false;
    const name = missingName(gap);
    return notice.open.every((each) => each !== name && own.has(each));
  }

  /** Returns whether the standby misses less than this connector. */
  hasMore(own: ReadonlySet<string>): boolean {
    const notice = this.#fresh();
    return notice !== undefined && notice.open.length < own.size &&
      notice.open.every((each) => own.has(each));
  }

  /** Returns whether a standby has everything captured here. */
  isBacked(own: ReadonlySet<string>): boolean {
    return this.#fresh()?.open.every((each) => own.has(each)) ?? false;
  }

  #fresh(): Notice | undefined {
    const isFresh = this.#nowMs() - this.#seenAtMs < FRESH_MS;
    return isFresh && this.#notice?.run !== this.#run ? this.#notice : undefined;
  }
}

function noticeIn(text: string): Notice | undefined {
  try {
    const { run, beat = 0, lastGoodAtUs, open } = JSON.parse(text) as Partial<Notice>;
    if (typeof run === "string" && typeof lastGoodAtUs === "number" && Array.isArray(open)) {
      return { run, beat, lastGoodAtUs, open: open.map(String) };
    }
  } catch {
    // Unreadable notices are ignored.
  }
  return undefined;
}
