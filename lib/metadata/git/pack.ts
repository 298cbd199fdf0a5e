import { inflateSync } from "node:zlib";
import { applyDelta } from "./delta.ts";
import { gitError } from "./errors.ts";
import { type GitObject, OBJECT_BYTES_MAX, OBJECT_KINDS } from "./object.ts";

const FANOUT_BYTES = 256 * 4;
const IDX_HEADER_BYTES = 8;
const OFS_DELTA = 6;
const REF_DELTA = 7;
/** Maximum delta chain; git itself creates up to 50. */
const CHAIN_MAX = 4096;

/** A pack with its index (version 2), read on demand. */
export class GitPack {
  #path: string;
  #idBytes: number;
  #index: { file: Deno.FsFile; fanout: DataView } | undefined;
  #pack: Deno.FsFile | undefined;

  /** `path` without extension; `idBytes` = 20 for SHA-1, 32 for SHA-256. */
  constructor(path: string, idBytes: number) {
    this.#path = path;
    this.#idBytes = idBytes;
  }

  /** Closes the files. */
  close(): void {
    this.#index?.file.close();
    this.#pack?.close();
    this.#index = this.#pack = undefined;
  }

  /** Returns an object; undefined = not in this pack. Throws ConfigError `GIT_FAILED`. */
  async object(
    id: string,
    other: (id: string) => Promise<GitObject>,
  ): Promise<GitObject | undefined> {
    const offset = await this.#offsetOf(id);
    return offset === undefined ? undefined : await this.#read(offset, other);
  }

  async #openIndex(): Promise<{ file: Deno.FsFile; fanout: DataView }> {
    if (this.#index !== undefined) return this.#index;
    const file = await Deno.open(`${this.#path}.idx`);
    const head = await readAt(file, 0, IDX_HEADER_BYTES + FANOUT_BYTES);
    const view = new DataView(head.buffer, head.byteOffset, head.length);
    if (view.getUint32(0) !== 0xff744f63 || view.getUint32(4) !== 2) {
      file.close();
      throw gitError(`${this.#path}.idx is of an unknown version`);
    }
    const fanout = new DataView(head.buffer, head.byteOffset + IDX_HEADER_BYTES, FANOUT_BYTES);
    return this.#index = { file, fanout };
  }

  async #offsetOf(id: string): Promise<number | undefined> {
    const { file, fanout } = await this.#openIndex();
    const first = parseInt(id.slice(0, 2), 16);
    const from = first === 0 ? 0 : fanout.getUint32((first - 1) * 4);
    const to = fanout.getUint32(first * 4);
    const count = fanout.getUint32(255 * 4);
    const ids = IDX_HEADER_BYTES + FANOUT_BYTES;
    const bucket = await readAt(file, ids + from * this.#idBytes, (to - from) * this.#idBytes);
    for (let i = 0; i < to - from; i++) {
      const at = i * this.#idBytes;
      if (bucket.subarray(at, at + this.#idBytes).toHex() !== id) continue;
      // After the ids: CRCs, 4-byte offsets, then 8-byte offsets.
      const offsets = ids + count * (this.#idBytes + 4);
      const small = viewOf(await readAt(file, offsets + (from + i) * 4, 4)).getUint32(0);
      if (small < 0x80000000) return small;
      const offset = offsets + count * 4 + (small - 0x80000000) * 8;
      return Number(viewOf(await readAt(file, offset, 8)).getBigUint64(0));
    }
    return undefined;
  }

  async #read(offset: number, other: (id: string) => Promise<GitObject>): Promise<GitObject> {
    const deltas: Uint8Array[] = [];
    for (let at = offset; deltas.length < CHAIN_MAX;) {
      const entry = await this.#entry(at);
      const kind = OBJECT_KINDS[entry.type as keyof typeof OBJECT_KINDS];
      if (kind !== undefined) return withDeltas({ kind, bytes: entry.bytes }, deltas);
      deltas.push(entry.bytes);
      if (entry.baseId !== undefined) return withDeltas(await other(entry.baseId), deltas);
      at -= entry.baseBefore;
    }
    throw gitError(`${this.#path}.pack has an endless chain of deltas`);
  }

  /** Reads the entry at an offset: type, size, base of a delta, content. */
  async #entry(offset: number) {
    this.#pack ??= await Deno.open(`${this.#path}.pack`);
    const head = await readAt(this.#pack, offset, 64);
    let at = 0;
    let byte = head[at++] ?? 0;
    const type = byte >> 4 & 7;
    let size = byte & 15;
    for (let scale = 16; byte >= 128; scale *= 128) {
      byte = head[at++] ?? 0;
      size += (byte & 127) * scale;
    }
    let baseBefore = 0;
    let baseId: string | undefined;
    if (type === OFS_DELTA) {
      byte = head[at++] ?? 0;
      baseBefore = byte & 127;
      while (byte >= 128) {
        byte = head[at++] ?? 0;
        baseBefore = (baseBefore + 1) * 128 + (byte & 127);
      }
    } else if (type === REF_DELTA) {
      baseId = head.subarray(at, at + this.#idBytes).toHex();
      at += this.#idBytes;
    }
    const isKnown = type in OBJECT_KINDS || baseId !== undefined || baseBefore > 0;
    if (size > OBJECT_BYTES_MAX || !isKnown) {
      throw gitError(`${this.#path}.pack has a strange entry`);
    }
    // Incompressible data grows by less than 0.1 %.
    const packed = await readAt(this.#pack, offset + at, size + (size >> 8) + 64);
    const bytes = inflated(packed);
    if (bytes.length !== size) throw gitError(`an object of ${this.#path}.pack is cut off`);
    return { type, bytes, baseBefore, baseId };
  }
}

function withDeltas(base: GitObject, deltas: readonly Uint8Array[]): GitObject {
  const bytes = deltas.reduceRight((made, delta) => applyDelta(made, delta), base.bytes);
  return { kind: base.kind, bytes };
}

/** Inflates a zlib stream and ignores trailing bytes. Throws ConfigError `GIT_FAILED`. */
export function inflated(packed: Uint8Array): Uint8Array {
  try {
    const bytes = inflateSync(packed, { maxOutputLength: OBJECT_BYTES_MAX + 64 });
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  } catch (cause) {
    throw gitError("an object cannot be unpacked", cause);
  }
}

/** Reads bytes of a file from an offset; fewer at its end. */
async function readAt(file: Deno.FsFile, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  await file.seek(offset, Deno.SeekMode.Start);
  let read = 0;
  while (read < length) {
    const count = await file.read(bytes.subarray(read));
    if (count === null) break;
    read += count;
  }
  return bytes.subarray(0, read);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
