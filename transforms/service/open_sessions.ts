import { SsmdError } from "@ssmd/runtime/errors";
import { type SessionOptions, TransformSession } from "../process/transform_session.ts";
import type { CompiledTransform } from "../source/compile_transform.ts";

/** Limits of concurrent processes. */
export interface SessionLimits {
  /** All callers; default 16, each using up to about 100 MB. */
  total: number;
  /** Per caller; default 4. */
  perCaller: number;
  /** Idle time after which a process is ended, ms; default 60,000. */
  idleMs: number;
}

interface OpenSession {
  session: TransformSession;
  caller: string;
  usedAtMs: number;
  /** Settles when earlier requests are answered. */
  last: Promise<unknown>;
}

interface SessionsOptions extends Partial<SessionLimits> {
  onCount: (count: number) => void;
}

/** Sessions of all callers; bounded, and closed when idle. */
export class OpenSessions {
  readonly #limits: SessionLimits;
  readonly #onCount: (count: number) => void;
  readonly #open = new Map<string, OpenSession>();
  /** Callers of starting sessions. */
  readonly #starting: string[] = [];
  readonly #timer: ReturnType<typeof setInterval>;

  constructor({ onCount, total = 16, perCaller = 4, idleMs = 60_000 }: SessionsOptions) {
    this.#limits = { total, perCaller, idleMs };
    this.#onCount = onCount;
    this.#timer = setInterval(() => this.#endIdle(), Math.max(10, idleMs / 4));
  }

  /**
   * Opens a session; returns its id. Throws SsmdError `TRANSFORMS_BUSY` at the limit, and as
   * `TransformSession.open` does.
   */
  async open(
    transform: CompiledTransform,
    caller: string,
    options: SessionOptions,
  ): Promise<string> {
    this.#assertRoom(caller);
    this.#starting.push(caller);
    try {
      const session = await TransformSession.open(transform, options);
      const id = crypto.randomUUID();
      this.#open.set(id, { session, caller, usedAtMs: performance.now(), last: Promise.resolve() });
      this.#onCount(this.#open.size);
      return id;
    } finally {
      this.#starting.splice(this.#starting.indexOf(caller), 1);
    }
  }

  /** Returns a session by id. Throws SsmdError `TRANSFORM_SESSION_ENDED`. */
  of(id: string): { session: TransformSession; caller: string } {
    const found = this.#open.get(id);
    if (found !== undefined) return found;
    throw new SsmdError("TRANSFORM_SESSION_ENDED", "There is no such session of a transform", {
      hint: "It was not used for a minute, or its service began anew: open one again",
      retryable: true,
    });
  }

  /** Runs an action after all earlier actions of its session. */
  async inTurn<T>(id: string, act: () => Promise<T>): Promise<T> {
    const open = this.#open.get(id);
    if (open === undefined) return await act();
    const acting = open.last.then(act);
    open.last = acting.catch(() => {});
    try {
      return await acting;
    } finally {
      open.usedAtMs = performance.now();
    }
  }

  /** Closes a session; no-op when unknown. */
  async end(id: string): Promise<void> {
    const found = this.#open.get(id);
    this.#open.delete(id);
    this.#onCount(this.#open.size);
    await found?.session.close();
  }

  /** Closes all sessions. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([...this.#open.keys()].map((id) => this.end(id)));
  }

  #assertRoom(caller: string): void {
    const callers = [...[...this.#open.values()].map((each) => each.caller), ...this.#starting];
    const own = callers.filter((each) => each === caller).length;
    if (callers.length < this.#limits.total && own < this.#limits.perCaller) return;
    const most = own >= this.#limits.perCaller ? this.#limits.perCaller : this.#limits.total;
    throw new SsmdError("TRANSFORMS_BUSY", `${most} transforms run already`, {
      hint: "End one of your streams with a transform, or try again later",
      retryable: true,
    });
  }

  #endIdle(): void {
    const sinceMs = performance.now() - this.#limits.idleMs;
    for (const [id, { usedAtMs }] of this.#open) if (usedAtMs < sinceMs) void this.end(id);
  }
}
