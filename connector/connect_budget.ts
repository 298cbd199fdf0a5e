import { systemCodeOf } from "@ssmd/runtime";

/** Connection rate limit of a venue, as a token bucket. */
export interface ConnectAllowance {
  /** Most connections at once. */
  burst: number;
  /** Time per additional connection, ms. */
  refillMs: number;
}

interface Bucket {
  /** Negative = connections already promised beyond the limit. */
  tokens: number;
  atMs: number;
}

/**
 * Connection budget of one endpoint, shared by all processes that use the same folder, as venues
 * count connections by address. A locked file holds the bucket. Where the folder is not writable,
 * each process counts alone.
 */
export class ConnectBudget {
  #path: string | undefined;
  #allowance: ConnectAllowance;
  #own: Bucket | undefined;

  /** `folder` must exist; undefined = this process alone. */
  constructor(folder: string | undefined, endpoint: string, allowance: ConnectAllowance) {
    const { host } = new URL(endpoint);
    this.#path = folder && `${folder}/connects-${host.replaceAll(/[^\w.-]/g, "_")}.json`;
    this.#allowance = allowance;
  }

  /** Reserves a connection; returns the wait before it may be opened, ms. `nowMs` since 1970. */
  reserve(nowMs: number = Date.now()): number {
    if (this.#path === undefined) return this.#reserveOwn(nowMs);
    try {
      return this.#reserveShared(this.#path, nowMs);
    } catch (error) {
      if (systemCodeOf(error) === undefined) throw error;
      return this.#reserveOwn(nowMs);
    }
  }

  #reserveOwn(nowMs: number): number {
    const [bucket, waitMs] = this.#take(this.#own, nowMs);
    this.#own = bucket;
    return waitMs;
  }

  #reserveShared(path: string, nowMs: number): number {
    using file = Deno.openSync(path, { read: true, write: true, create: true });
    file.lockSync(true);
    const bytes = new Uint8Array(256);
    const length = file.readSync(bytes) ?? 0;
    const [bucket, waitMs] = this.#take(bucketOf(bytes.subarray(0, length)), nowMs);
    file.truncateSync();
    file.seekSync(0, Deno.SeekMode.Start);
    file.writeSync(new TextEncoder().encode(JSON.stringify(bucket)));
    return waitMs;
  }

  #take(bucket: Bucket | undefined, nowMs: number): [Bucket, number] {
    const { burst, refillMs } = this.#allowance;
    // A clock that was set back adds and removes no tokens.
    const passedMs = bucket === undefined ? Infinity : Math.max(0, nowMs - bucket.atMs);
    const before = Math.min(burst, (bucket?.tokens ?? 0) + passedMs / refillMs);
    const tokens = before - 1;
    return [{ tokens, atMs: nowMs }, tokens >= 0 ? 0 : Math.ceil(-tokens * refillMs)];
  }
}

/** Parses the stored bucket; undefined when it is unreadable. */
function bucketOf(bytes: Uint8Array): Bucket | undefined {
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes)) as Partial<Bucket> | null;
    const { tokens, atMs } = value ?? {};
    if (typeof tokens !== "number" || typeof atMs !== "number") return undefined;
    return { tokens, atMs };
  } catch {
    return undefined;
  }
}
