import { createHash } from "node:crypto";
import { concat } from "@ssmd/archive";
import { StorageError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { z } from "zod";

/** Resume point of a service. */
export interface Snapshot {
  /** Increments with each snapshot. */
  number: number;
  /** Stream identity (creation time, µs) and the last message taken; 0 when none. */
  stream: { createdAtUs: number; sequence: number };
  /** Receive time of the last record taken, by feed, µs. */
  feeds: Readonly<Record<string, number>>;
  /** Last watermark taken, by feed, µs. */
  watermarks: Readonly<Record<string, number>>;
  /** Published fires that the bus may lose, as concatenated messages. */
  fires: Uint8Array;
  /** Hash of the signals that ran. */
  ran: string;
  /** Whether records existed before the first one the signals saw. */
  isCold: boolean;
  /** Fires of before are not published: the signals did not run then. 0 = all are. µs. */
  silentUntilUs: number;
  state: Uint8Array;
}

const HEAD = z.object({
  format: z.literal(1),
  number: z.int(),
  stream: z.object({ createdAtUs: z.number(), sequence: z.int() }),
  feeds: z.record(z.string(), z.number()),
  // Absent in older ones.
  watermarks: z.record(z.string(), z.number()).default({}),
  ran: z.string(),
  isCold: z.boolean(),
  // Absent in older ones.
  silentUntilUs: z.number().default(0),
  bytes: z.int(),
  fireBytes: z.int(),
  sha256: z.string(),
});

const KEPT = 3;
const LENGTH_BYTES = 4;

/** A service's snapshots in storage; keeps the newest three. */
export class Snapshots {
  #storage: Storage;
  #prefix: string;
  #number = 0;

  constructor(storage: Storage, { env, shard }: { env: string; shard: string }) {
    this.#storage = storage;
    this.#prefix = `normalized/${env}/signals-${shard}.snapshot-`;
  }

  /** Returns the intact snapshots, newest first. Throws StorageError when storage fails. */
  async load(): Promise<Snapshot[]> {
    const found: Snapshot[] = [];
    for (let slot = 0; slot < KEPT; slot++) {
      const snapshot = snapshotIn(await this.#bytesOf(slot));
      if (snapshot !== undefined) found.push(snapshot);
    }
    found.sort((a, b) => b.number - a.number);
    this.#number = Math.max(this.#number, found[0]?.number ?? 0);
    return found;
  }

  /** Overwrites the oldest snapshot. Throws StorageError. */
  async save(snapshot: Omit<Snapshot, "number">): Promise<void> {
    const number = this.#number + 1;
    await this.#storage.put(`${this.#prefix}${number % KEPT}`, bytesWith({ ...snapshot, number }));
    this.#number = number;
  }

  async #bytesOf(slot: number): Promise<Uint8Array> {
    try {
      return await this.#storage.get(`${this.#prefix}${slot}`);
    } catch (error) {
      if (error instanceof StorageError && error.code === "NOT_FOUND") return new Uint8Array(0);
      throw error;
    }
  }
}

function bytesWith({ state, fires, ...rest }: Snapshot): Uint8Array {
  const body = concat([state, fires]);
  const sizes = { bytes: body.length, fireBytes: fires.length };
  const head = { format: 1, ...rest, ...sizes, sha256: hashOf(body) };
  const text = new TextEncoder().encode(JSON.stringify(head));
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setUint32(0, text.length);
  return concat([length, text, body]);
}

/** Parses a snapshot; undefined when empty or corrupt, so that an older one is used. */
function snapshotIn(bytes: Uint8Array): Snapshot | undefined {
  if (bytes.length < LENGTH_BYTES) return undefined;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const body = bytes.slice(LENGTH_BYTES + length);
  try {
    const text = new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length));
    const head = HEAD.parse(JSON.parse(text));
    if (head.bytes !== body.length || head.sha256 !== hashOf(body)) return undefined;
    const { number, stream, feeds, watermarks, ran, isCold, silentUntilUs } = head;
    const end = body.length - head.fireBytes;
    const parts = { state: body.subarray(0, end), fires: body.subarray(end) };
    return { number, stream, feeds, watermarks, ran, isCold, silentUntilUs, ...parts };
  } catch {
    return undefined;
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
