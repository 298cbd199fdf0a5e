import type { Gap } from "@ssmd/market";
import type { LeaseCell } from "@ssmd/runtime";

/** What a connector captures of its feed now. */
interface CaptureState {
  /** From here on it has all but what `open` names, µs. */
  lastGoodAtUs: number;
  /** What is missing now, as {@linkcode missingName} names it. */
  open: readonly string[];
}

/** What of a market is missing. */
export function missingName({ symbol, channel }: Pick<Gap, "symbol" | "channel">): string {
  return `${symbol} ${channel}`;
}

interface Notice extends CaptureState {
  run: string;
  /** Changes with each notice. */
  beat: number;
}

/** Time without a notice after which nobody stands by, ms. */
const FRESH_MS = 5_000;
const OPEN_MAX = 200;
const DECODER = new TextDecoder();
const ENCODER = new TextEncoder();

/**
 * Where a connector that stands by says what it captures, so that the one that tells the feed knows
 * whether to give its turn away. Nobody's wall clock counts but that of `goodUs`.
 */
export class StandbyBoard {
  #cell: LeaseCell;
  #run: string;
  #nowMs: () => number;
  #beat = 0;
  #notice: Notice | undefined;
  #seen = "";
  #seenAtMs = -Infinity;

  /** Nothing is known yet; `nowMs` is a steady clock. */
  constructor(cell: LeaseCell, run: string, nowMs: () => number = () => performance.now()) {
    this.#cell = cell;
    this.#run = run;
    this.#nowMs = nowMs;
  }

  /** Says what is captured here. Rejects when the bus is away. */
  async post({ lastGoodAtUs, open }: CaptureState): Promise<void> {
    if (open.length > OPEN_MAX) return;
    const notice: Notice = { run: this.#run, beat: ++this.#beat, lastGoodAtUs, open };
    const bytes = ENCODER.encode(JSON.stringify(notice));
    // Another one that stands by was faster: both are heard in turn.
    if (!await this.#cell.write(bytes)) await this.#cell.read();
  }

  /** Reads what stands there. Rejects when the bus is away. */
  async look(): Promise<void> {
    const bytes = await this.#cell.read();
    const text = bytes === undefined ? "" : DECODER.decode(bytes);
    if (text === this.#seen) return;
    // What stood there before the first look may be old.
    if (this.#seen !== "") this.#seenAtMs = this.#nowMs();
    this.#seen = text;
    this.#notice = noticeIn(text);
  }

  /** Whether the other one has all that is here, and what a gap is about since its begin. */
  hasInstead(gap: Pick<Gap, "symbol" | "channel" | "fromUs">, own: ReadonlySet<string>): boolean {
    const notice = this.#fresh();
    if (notice === undefined || notice.lastGoodAtUs > gap.fromUs) return false;
    const name = missingName(gap);
    return notice.open.every((each) => each !== name && own.has(each));
  }

  /** Whether the other one lacks less than is missing here. */
  hasMore(own: ReadonlySet<string>): boolean {
    const notice = this.#fresh();
    return notice !== undefined && notice.open.length < own.size &&
      notice.open.every((each) => own.has(each));
  }

  /** Whether another one stands by that lacks nothing that is there. */
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
    // Nobody says anything that can be read.
  }
  return undefined;
}
