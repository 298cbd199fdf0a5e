import { CircuitBreaker, type Health, type Logger, StorageError } from "@ssmd/runtime";
import { withChaos } from "./chaos.ts";
import { openStorage, type StorageConfig } from "./open.ts";
import type { TryListener } from "./s3_calls.ts";
import type { Storage, StoredObject } from "./storage.ts";

/** What a service's storage is watched with. */
interface WatchOptions {
  logger: Logger;
  /** The process's health: gets the condition `storage` of the component `storage`. */
  health: Health;
  /** A prefix that is listed now and then, so that an idle service knows, too: `normalized/demo/`. */
  prefix: string;
  /** Milliseconds between two questions; default 15,000. */
  askEveryMs?: number;
  /** Milliseconds after which a call without any progress counts as a failure; default 10,000. */
  answerMsMax?: number;
  /** Monotonic clock, milliseconds; tests inject their own. */
  nowMs?: () => number;
}

/** Codes that tell of the object or the caller, not of the storage. */
const CALLERS_OWN: ReadonlySet<string> = new Set([
  "NOT_FOUND",
  "KEY_INVALID",
  "KEY_CONFLICT",
  "STORAGE_UNSUPPORTED",
]);
const ASK_EVERY_MS = 15_000;
const ANSWER_MS_MAX = 10_000;

/**
 * Opens the storage of a service: the first try that fails is logged, health says when it refuses
 * or does not answer, also while the service itself asks for nothing. Throws as `openStorage`.
 */
export async function openServiceStorage(
  config: StorageConfig,
  options: WatchOptions,
): Promise<WatchedStorage> {
  const tries = new TryLog(options.logger);
  return new WatchedStorage(withChaos(await openStorage(config, tries), options), options);
}

/** Logs when tries begin to fail and when they succeed again. */
export class TryLog implements TryListener {
  #logger: Logger;
  #failing = false;

  /** Nothing has failed yet. */
  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Logs the first failure at `warn`, further ones at `debug`. */
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
  /** When it began or had its last piece, ms. */
  movedAtMs: number;
}

/** A storage that knows whether it works, behind a circuit breaker for reads and one for writes. */
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

  /** Watches `storage`, which is closed with it. */
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
    this.#timer = setInterval(ask, options.askEveryMs ?? ASK_EVERY_MS);
    Deno.unrefTimer(this.#timer);
    ask();
  }

  /** Why it does not work; undefined = it does, as far as is known. */
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
        // The caller's own time between two objects is not the storage's.
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

  /** A failure is kept for `problem`. */
  async #ask(prefix: string): Promise<void> {
    try {
      for await (const _ of this.list(prefix)) break;
    } catch {
      // It is known by now.
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

/** The chunks of a put; each that is taken is progress. */
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
