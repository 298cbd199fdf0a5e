import { systemCodeOf } from "@ssmd/runtime";

/** Connections that a venue allows, as a bucket of tokens. */
export interface ConnectAllowance {
  /** Connections at once. */
  burst: number;
  /** Time in which one more is allowed, ms. */
  refillMs: number;
}

interface Bucket {
  /** Below 0 = so many have been promised already. */
  tokens: number;
  atMs: number;
}

/**
 * The connections to one endpoint over all processes that share a folder: venues count them by
 * address. A file holds the bucket; a lock on it keeps the processes apart. Where the folder cannot be
 * written each process counts alone.
 */
export class ConnectBudget {
  #path: string | undefined;
  #allowance: ConnectAllowance;
  #own: Bucket | undefined;

  /** The budget of `endpoint` in `folder`, which exists; undefined = of this process alone. */
  constructor(folder: string | undefined, endpoint: string, allowance: ConnectAllowance) {
    const { host } = new URL(endpoint);
    this.#path = folder && `${folder}/connects-${host.replaceAll(/[^\w.-]/g, "_")}.json`;
    this.#allowance = allowance;
  }

  /** Takes the right to one connection; the time to wait before it is used, ms. `nowMs` since 1970. */
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
    // A clock that was set back gives nothing and takes nothing.
    const passedMs = bucket === undefined ? Infinity : Math.max(0, nowMs - bucket.atMs);
    const before = Math.min(burst, (bucket?.tokens ?? 0) + passedMs / refillMs);
    const tokens = before - 1;
    return [{ tokens, atMs: nowMs }, tokens >= 0 ? 0 : Math.ceil(-tokens * refillMs)];
  }
}

/** What a file says; undefined = nothing that can be read. */
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
