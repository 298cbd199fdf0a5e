/** A small value shared by several processes with compare-and-swap. */
export interface LeaseCell {
  /** Reads the value; undefined = there is none. */
  read(): Promise<Uint8Array | undefined>;
  /** Writes if unchanged since the last `read` or `write` of this cell; false = it was changed. */
  write(value: Uint8Array): Promise<boolean>;
}

/** Options of {@linkcode CellLease}. */
interface CellLeaseOptions {
  cell: LeaseCell;
  /** Name of this process, for people. */
  holder: string;
  /** Where another mechanism already excludes a second living holder; "" = nowhere. */
  scope?: string;
  /** Called once when another process took over the lease; must not throw. */
  onLost?: (holder: string) => void;
  /** Called when a renewal failed; it is retried. Must not throw. */
  onAway?: (error: unknown) => void;
  /** Time without renewal after which others may take over the lease; default 6 s. */
  ttlMs?: number;
  /** Default: the monotonic clock. */
  nowMs?: () => number;
}

interface LeaseState {
  /** Holder; "" = free. */
  holder: string;
  scope: string;
  /** Fencing token; increases with each new holder. */
  token: number;
  /** Changes with each renewal. */
  beat: number;
}

const TTL_MS = 6_000;
const RENEWALS_PER_TTL = 4;
/** Share of the TTL in which the lease counts as fresh; the rest allows for messages in flight. */
const FRESH_SHARE = 0.6;
const FREE: LeaseState = { holder: "", scope: "", token: 0, beat: 0 };

/**
 * A lease on a shared value, renewed until released. It does not depend on wall clocks: others may
 * take over when the value has not changed for the TTL by their own monotonic clock. A holder that
 * was paused longer learns of the loss at its next renewal; until then its token, sent with each
 * change, lets storage reject it.
 */
export class CellLease {
  #options: CellLeaseOptions;
  #ttlMs: number;
  #nowMs: () => number;
  #seen = "";
  #seenAtMs = 0;
  #isHolderAlive = false;
  #state: LeaseState = FREE;
  #held = false;
  #renewedMs = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #renewing: Promise<void> = Promise.resolve();

  /** Creates a lease that is not held yet. */
  constructor(options: CellLeaseOptions) {
    this.#options = options;
    this.#ttlMs = options.ttlMs ?? TTL_MS;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /** Fencing token of the current holding; higher than all earlier ones. */
  get token(): number {
    return this.#state.token;
  }

  /** Whether the lease is held, as far as known locally. */
  get held(): boolean {
    return this.#held;
  }

  /** Whether the holder seen at the last attempt renewed the lease since an earlier attempt. */
  get isHolderAlive(): boolean {
    return this.#isHolderAlive;
  }

  /** Whether no other process can hold it now: it was renewed in time by the local clock. */
  get isFresh(): boolean {
    return this.#held && this.#nowMs() - this.#renewedMs < this.#ttlMs * FRESH_SHARE;
  }

  /** Renews now; returns whether the lease is still held. Rejects when the cell is unavailable. */
  async confirm(): Promise<boolean> {
    await this.#renewing;
    const renewal = this.#renew();
    this.#renewing = renewal.catch(() => {});
    await renewal;
    return this.#held;
  }

  /** Takes the lease if it is free or expired; returns undefined on success, else its holder. */
  async tryAcquire(): Promise<string | undefined> {
    const bytes = await this.#options.cell.read();
    const text = bytes === undefined ? "" : DECODER.decode(bytes);
    const state = parseState(text);
    if (text !== this.#seen) {
      const { token } = parseState(this.#seen);
      this.#isHolderAlive = this.#seen !== "" && state.holder !== "" && token === state.token;
      this.#seen = text;
      this.#seenAtMs = this.#nowMs();
    }
    const { holder, scope = "" } = this.#options;
    const isOurScope = scope !== "" && state.scope === scope;
    const isSilent = this.#nowMs() - this.#seenAtMs >= this.#ttlMs;
    if (state.holder !== "" && !isOurScope && !isSilent) return state.holder;
    const next = { holder, scope, token: state.token + 1, beat: 0 };
    const atMs = this.#nowMs();
    if (!await this.#write(next)) return state.holder || "another process";
    this.#renewedMs = atMs;
    this.#state = next;
    this.#held = true;
    this.#timer = setInterval(() => {
      // The next renewal finds out whether the lease is still held.
      this.#renewing = this.#renew().catch((error) => this.#options.onAway?.(error));
    }, this.#ttlMs / RENEWALS_PER_TTL);
    return undefined;
  }

  /** Releases the lease for the next holder. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewing;
    if (!this.#held) return;
    this.#held = false;
    const { token } = this.#state;
    // On failure the next holder waits for the TTL.
    await this.#write({ ...FREE, token }).catch(() => false);
  }

  async #renew(): Promise<void> {
    if (!this.#held) return;
    const next = { ...this.#state, beat: this.#state.beat + 1 };
    const atMs = this.#nowMs();
    if (await this.#write(next)) {
      this.#renewedMs = atMs;
      this.#state = next;
      return;
    }
    const bytes = await this.#options.cell.read();
    const state = parseState(bytes === undefined ? "" : DECODER.decode(bytes));
    const { holder, token } = state;
    if (holder === this.#options.holder && token === this.#state.token) {
      // An earlier write took effect although its response was lost.
      this.#state = state;
      return;
    }
    // A wiped store has no holder: the lease is still ours.
    if (holder === "" && token <= this.#state.token && await this.#write(next)) {
      this.#renewedMs = atMs;
      this.#state = next;
      return;
    }
    this.#held = false;
    clearInterval(this.#timer);
    this.#options.onLost?.(holder || "another process");
  }

  #write(state: LeaseState): Promise<boolean> {
    return this.#options.cell.write(ENCODER.encode(JSON.stringify(state)));
  }
}

const DECODER = new TextDecoder();
const ENCODER = new TextEncoder();

function parseState(text: string): LeaseState {
  try {
    const { holder, scope, token, beat } = JSON.parse(text) as Partial<LeaseState>;
    if (typeof holder === "string" && typeof scope === "string" && Number.isSafeInteger(token)) {
      return { holder, scope, token: token ?? 0, beat: beat ?? 0 };
    }
  } catch {
    // An unreadable value counts as free.
  }
  return FREE;
}
