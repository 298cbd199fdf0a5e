import { CircuitBreaker, type Health, type Logger, StorageError } from "@ssmd/runtime";
import { withChaos } from "./chaos.ts";
import { openStorage, type StorageConfig } from "./open.ts";
import type { TryListener } from "./s3_calls.ts";
import type { Storage, StoredObject } from "./storage.ts";

/** Options for watching a service's storage. */
interface WatchOptions {
  logger: Logger;
  /** Receives the condition `storage` of the component `storage`. */
  health: Health;
  /** Prefix listed every 15 s, so an idle service notices failures: `normalized/demo/`. */
  prefix: string;
  /** Time without progress after which a call counts as failed, ms; default 10,000. */
  answerMsMax?: number;
  /** Monotonic clock, milliseconds; tests inject their own. */
  nowMs?: () => number;
}

/** Error codes caused by the object or the caller, not by the storage. */
const CALLERS_OWN: ReadonlySet<string> = new Set([
  "NOT_FOUND",
  "KEY_INVALID",
  "KEY_CONFLICT",
  "STORAGE_UNSUPPORTED",
]);
const ASK_EVERY_MS = 15_000;
const ANSWER_MS_MAX = 10_000;

/**
 * Opens a service's storage: logs the first failed attempt and reports in health when the storage
 * fails or does not respond, even while the service is idle. Throws like `openStorage`.
 */
export async function openServiceStorage(
  config: StorageConfig,
  options: WatchOptions,
): Promise<WatchedStorage> {
  const tries = new TryLog(options.logger);
  return new WatchedStorage(withChaos(await openStorage(config, tries), options), options);
}

/** Logs when attempts begin to fail and when they succeed again. */
export class TryLog implements TryListener {
  #logger: Logger;
  #failing = false;

  /** Creates a log without failures. */
  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Logs the first failure as `warn`, further ones as `debug`. */
  failed(error: StorageError): void {
    if (this.#failing) return this.#logger.debug("the storage failed again", { error });
    this.#failing = true;
    this.#logger.warn("the storage failed: it is tried again", { error });
  }

  /** Logs the end of failures. */
  succeeded(): void {
    if (this.#failing) this.#logger.info("the storage answers again");
    this.#failing = false;
  }
}

type CallKind = "read" | "write";

interface Call {
  /** Time of its start or its last chunk, ms. */
  movedAtMs: number;
}

/** A storage that monitors itself, with one circuit breaker for reads and one for writes. */
export class WatchedStorage implements Storage {
  readonly type: Storage["type"];
  readonly location: string;
  readonly versions?: NonNullable<Storage["versions"]>;
  readonly putIfAbsent?: NonNullable<Storage["putIfAbsent"]>;
  readonly replace?: NonNullable<Storage["replace"]>;
  readonly lock?: NonNullable<Storage["lock"]>;
  #storage: Storage;
  #answerMsMax: number;
  #nowMs: () => number;
  #calls = new Set<Call>();
  #circuits: Record<CallKind, CircuitBreaker>;
  #asking: Promise<void> | undefined;
  #timer: ReturnType<typeof setInterval>;
  #removeCheck: () => void;

  /** Watches `storage` and closes it with itself. */
  constructor(storage: Storage, options: WatchOptions) {
    this.#storage = storage;
    this.type = storage.type;
    this.location = storage.location;
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#answerMsMax = options.answerMsMax ?? ANSWER_MS_MAX;
    if (storage.versions !== undefined) this.versions = storage.versions;
    const { putIfAbsent, replace, lock } = storage;
    if (putIfAbsent !== undefined) {
      this.putIfAbsent = (key, data) =>
        this.#watch("write", () => putIfAbsent.call(storage, key, data));
    }
    if (replace !== undefined) {
      this.replace = (key, data, seen) =>
        this.#watch("write", () => replace.call(storage, key, data, seen));
    }
    if (lock !== undefined) {
      this.lock = (name, holder) => this.#watch("write", () => lock.call(storage, name, holder));
    }
    const circuit = (kind: CallKind) =>
      new CircuitBreaker({
        ...{ name: `storage_${kind}`, location: storage.location, error: StorageError },
        ...{ isFailure: isStoragesOwn, nowMs: this.#nowMs },
      });
    this.#circuits = { read: circuit("read"), write: circuit("write") };
    const checks = options.health.component("storage");
    checks.addCircuit(this.#circuits.read);
    checks.addCircuit(this.#circuits.write);
    checks.requireForReadiness("storage", () => this.problem);
    this.#removeCheck = () => checks.close();
    const ask = () =>
      this.#asking ??= this.#ask(options.prefix).finally(() => this.#asking = undefined);
    this.#timer = setInterval(ask, ASK_EVERY_MS);
    Deno.unrefTimer(this.#timer);
    ask();
  }

  /** Why it does not work; undefined = no known problem. */
  get problem(): string | undefined {
    const nowMs = this.#nowMs();
    let quietMs = 0;
    for (const { movedAtMs } of this.#calls) quietMs = Math.max(quietMs, nowMs - movedAtMs);
    const { read, write } = this.#circuits;
    const failures = [read.problem, write.problem].filter((problem) => problem !== undefined);
    if (quietMs > this.#answerMsMax) {
      failures.push(`${this.location} has not answered for ${Math.round(quietMs / 1000)} s`);
    }
    return failures.length === 0 ? undefined : failures.join("; ");
  }

  put(key: string, data: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    return this.#watch("write", (call) => {
      const whole = data instanceof Uint8Array;
      const moved = () => call.movedAtMs = this.#nowMs();
      return this.#storage.put(key, whole ? data : following(data, moved));
    });
  }

  get(key: string): Promise<Uint8Array> {
    return this.#watch("read", () => this.#storage.get(key));
  }

  getRange(key: string, start: number, end: number): Promise<Uint8Array> {
    return this.#watch("read", () => this.#storage.getRange(key, start, end));
  }

  head(key: string): Promise<StoredObject | undefined> {
    return this.#watch("read", () => this.#storage.head(key));
  }

  async *list(prefix: string): AsyncIterable<StoredObject> {
    const objects = this.#storage.list(prefix)[Symbol.asyncIterator]();
    try {
      for (;;) {
        // Measured per object: time spent by the caller does not count.
        const next = await this.#watch("read", () => objects.next());
        if (next.done) return;
        yield next.value;
      }
    } finally {
      await objects.return?.();
    }
  }

  delete(key: string): Promise<void> {
    return this.#watch("write", () => this.#storage.delete(key));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#removeCheck();
    await this.#storage.close();
    await this.#asking;
  }

  /** The circuit breaker keeps a failure for `problem`. */
  async #ask(prefix: string): Promise<void> {
    try {
      for await (const _ of this.list(prefix)) break;
    } catch {
      // The circuit breaker has recorded it.
    }
  }

  async #watch<T>(kind: CallKind, action: (call: Call) => Promise<T>): Promise<T> {
    const call = { movedAtMs: this.#nowMs() };
    this.#calls.add(call);
    try {
      return await this.#circuits[kind].run(() => action(call));
    } finally {
      this.#calls.delete(call);
    }
  }
}

/** Forwards the chunks of a put; each one counts as progress. */
async function* following(
  data: AsyncIterable<Uint8Array>,
  moved: () => void,
): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of data) {
    moved();
    yield chunk;
  }
}

function isStoragesOwn(error: unknown): boolean {
  return error instanceof StorageError && !CALLERS_OWN.has(error.code);
}
