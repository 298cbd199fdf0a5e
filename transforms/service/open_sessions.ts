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
  /** Time that a reusable session's process waits for its caller's next request, ms; default 5,000. */
  keptMs: number;
}

interface OpenSession {
  session: TransformSession;
  caller: string;
  usedAtMs: number;
  /** Transform and caller that may get the session again after its end; undefined = nobody. */
  reuseKey: string | undefined;
  /** Ended by its caller and kept. */
  isKept: boolean;
  /** Settles when earlier requests are answered. */
  last: Promise<unknown>;
}

interface SessionsOptions extends Partial<SessionLimits> {
  onCount: (count: number) => void;
}

/** Caller of a session; `isReusable` lets the same caller have its process again within `keptMs`. */
interface SessionCaller {
  caller: string;
  isReusable: boolean;
}

/** Sessions of all callers; bounded, and closed when idle. */
export class OpenSessions {
  readonly #limits: SessionLimits;
  readonly #onCount: (count: number) => void;
  readonly #open = new Map<string, OpenSession>();
  /** Callers of starting sessions. */
  readonly #starting: string[] = [];
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(
    { onCount, total = 16, perCaller = 4, idleMs = 60_000, keptMs = 5_000 }: SessionsOptions,
  ) {
    this.#limits = { total, perCaller, idleMs, keptMs };
    this.#onCount = onCount;
    this.#timer = setInterval(() => this.#endIdle(), Math.max(10, Math.min(idleMs, keptMs) / 4));
  }

  /**
   * Opens a session; returns its id. Throws SsmdError `TRANSFORMS_BUSY` at the limit, and as
   * `TransformSession.open` does.
   */
  async open(
    transform: CompiledTransform,
    { caller, isReusable }: SessionCaller,
    options: SessionOptions,
  ): Promise<string> {
    const reuseKey = isReusable ? reuseKeyOf(transform, caller) : undefined;
    const kept = this.#takeKept(reuseKey);
    if (kept !== undefined) return kept;
    this.#assertRoom(caller);
    this.#starting.push(caller);
    try {
      const session = await TransformSession.open(transform, options);
      const id = crypto.randomUUID();
      this.#open.set(id, {
        ...{ session, caller, reuseKey, isKept: false },
        ...{ usedAtMs: performance.now(), last: Promise.resolve() },
      });
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
    throw new SsmdError("TRANSFORM_SESSION_ENDED", "This session of a transform has ended", {
      hint: "It was unused for a minute, or the service restarted: open a new session",
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

  /** Ends a session for its caller, who may get a reusable one again; no-op when unknown. */
  async release(id: string): Promise<void> {
    const found = this.#open.get(id);
    if (found?.reuseKey === undefined) return await this.end(id);
    found.isKept = true;
    found.usedAtMs = performance.now();
  }

  /** Closes a session and its process; no-op when unknown. */
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

  /** Id of a kept session, in use from now on. */
  #takeKept(reuseKey: string | undefined): string | undefined {
    if (reuseKey === undefined) return undefined;
    for (const [id, open] of this.#open) {
      if (!open.isKept || open.reuseKey !== reuseKey) continue;
      open.isKept = false;
      open.usedAtMs = performance.now();
      return id;
    }
    return undefined;
  }

  /** Throws SsmdError `TRANSFORMS_BUSY` at a limit that ending a kept session does not help. */
  #assertRoom(caller: string): void {
    const { total, perCaller } = this.#limits;
    const countOwn = () => this.#callers().filter((each) => each === caller).length;
    if (countOwn() >= perCaller) this.#endKept(caller);
    if (this.#callers().length >= total) this.#endKept();
    const isCallerFull = countOwn() >= perCaller;
    if (!isCallerFull && this.#callers().length < total) return;
    const count = isCallerFull ? perCaller : total;
    throw new SsmdError("TRANSFORMS_BUSY", `${count} transforms are already running`, {
      hint: "Close one of your streams with a transform, or try again later",
      retryable: true,
    });
  }

  /** Callers of all sessions, starting ones included. */
  #callers(): string[] {
    return [...[...this.#open.values()].map((each) => each.caller), ...this.#starting];
  }

  /** Ends the oldest kept session, of a caller or of all. */
  #endKept(caller?: string): void {
    const isOne = (each: OpenSession) =>
      each.isKept && (caller === undefined || each.caller === caller);
    const [id] = [...this.#open].find(([, each]) => isOne(each)) ?? [];
    if (id !== undefined) void this.end(id);
  }

  #endIdle(): void {
    const { idleMs, keptMs } = this.#limits;
    const nowMs = performance.now();
    for (const [id, { usedAtMs, isKept }] of this.#open) {
      if (nowMs - usedAtMs > (isKept ? keptMs : idleMs)) void this.end(id);
    }
  }
}

/** Changes with the source: a changed transform gets a process of its own. */
function reuseKeyOf({ name, language, code }: CompiledTransform, caller: string): string {
  return JSON.stringify([caller, name, language, code]);
}
