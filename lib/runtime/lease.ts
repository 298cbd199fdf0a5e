/** One small value that several processes share; a writer knows when another one was faster. */
export interface LeaseCell {
  /** The value now; undefined = there is none. */
  read(): Promise<Uint8Array | undefined>;
  /** Writes unless the value has changed since the last `read` or `write` here; false = it has. */
  write(value: Uint8Array): Promise<boolean>;
}

/** Options of {@linkcode CellLease}. */
interface CellLeaseOptions {
  cell: LeaseCell;
  /** Who we are, for a person. */
  holder: string;
  /** Where our process would exclude a living holder by other means; "" = nowhere. */
  scope?: string;
  /** Another process has taken the lease over. Called once; must not throw. */
  onLost?: (holder: string) => void;
  /** The cell could not be asked for a sign of life; it is asked again. Must not throw. */
  onAway?: (error: unknown) => void;
  /** Time without a sign of life after which a lease may be taken over; default 6 s. */
  ttlMs?: number;
  /** Default: the system's steady clock. */
  nowMs?: () => number;
}

interface LeaseState {
  /** "" = free. */
  holder: string;
  scope: string;
  /** Rises by one with each holder. */
  token: number;
  /** Changes with each sign of life. */
  beat: number;
}

const TTL_MS = 6_000;
const RENEWALS_PER_TTL = 4;
/** Of the time to live; the rest is for what is on its way. */
const FRESH_SHARE = 0.6;
const FREE: LeaseState = { holder: "", scope: "", token: 0, beat: 0 };

/**
 * A lease on a shared value, renewed until it is released. Nobody's wall clock counts: a lease may be
 * taken over when its value has not changed for the time to live by the clock of who waits. A holder
 * that was stopped for longer learns that it lost the lease with its next renewal; until then its
 * token, written with each change, is what refuses it.
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

  /** Not held yet. */
  constructor(options: CellLeaseOptions) {
    this.#options = options;
    this.#ttlMs = options.ttlMs ?? TTL_MS;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /** Of the current holding, higher than that of all before. */
  get token(): number {
    return this.#state.token;
  }

  /** Whether it is held, as far as is known here. */
  get held(): boolean {
    return this.#held;
  }

  /** Whether who held it at the last try has given a sign of life since an earlier one. */
  get isHolderAlive(): boolean {
    return this.#isHolderAlive;
  }

  /** Whether nobody else can hold it now, by our own clock: a sign of life was given in time. */
  get isFresh(): boolean {
    return this.#held && this.#nowMs() - this.#renewedMs < this.#ttlMs * FRESH_SHARE;
  }

  /** Gives a sign of life now; whether it is ours. Rejects when the cell cannot be asked. */
  async confirm(): Promise<boolean> {
    await this.#renewing;
    const renewal = this.#renew();
    this.#renewing = renewal.catch(() => {});
    await renewal;
    return this.#held;
  }

  /** Takes the lease when it is free or its holder is gone; undefined = it is ours, else its holder. */
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
      // The next try tells whether the lease is still ours.
      this.#renewing = this.#renew().catch((error) => this.#options.onAway?.(error));
    }, this.#ttlMs / RENEWALS_PER_TTL);
    return undefined;
  }

  /** Gives it free for the next one. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewing;
    if (!this.#held) return;
    this.#held = false;
    const { token } = this.#state;
    // Without it the next one waits for the time to live.
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
      // An earlier one was written without our being told.
      this.#state = state;
      return;
    }
    // A store that was wiped has no holder: the lease is still ours.
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
    // Whatever it is, nobody can hold it.
  }
  return FREE;
}
