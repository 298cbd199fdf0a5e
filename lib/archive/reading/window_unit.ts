import type { EventType } from "@ssmd/market";
import { messagesIn, RecordKeyReader } from "@ssmd/codec";
import { ArchiveError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import type { ManifestFile } from "../manifest.ts";
import { usOfNsText } from "../raw_line.ts";
import { sha256Of } from "../bytes.ts";
import { damaged, decompressFrame, framesOf, type ZstdFrame } from "../zstd_frames.ts";
import { type Block, type BlockPlace, type Opened, opened, recordsOf } from "./block.ts";
import type { RecordFilter } from "./record_filter.ts";
import type { Unit } from "./unit.ts";

/** The file of a window, fetched as a whole. */
export function windowUnit(storage: Storage, file: ManifestFile, filter: RecordFilter): Unit {
  const { key, bytes, sha256, count } = file;
  return {
    ...{ fromUs: usOfNsText(file.from), toUs: usOfNsText(file.to), bytes, key, sha256, count },
    fetch: async () => windowBlocks(await storage.get(key), file, filter),
  };
}

/** What stands in a frame of a window. */
interface FrameSpan {
  fromUs: number;
  toUs: number;
  count: number;
}

/**
 * The frames of a window's file. Its bytes are held against the manifest: when they are others, what
 * is whole in front of the damage is given and then the damage, however good the rest may look.
 */
function windowBlocks(bytes: Uint8Array, file: ManifestFile, filter: RecordFilter): Block[] {
  const { frames, damage } = framesOf(bytes);
  const data = frames.filter((frame) => frame.kind === "data");
  const isWhole = bytes.length === file.bytes && sha256Of(bytes) === file.sha256;
  const [only] = data;
  if (isWhole && data.length === 1 && only !== undefined) {
    return [new WindowBlock(bytes, only, spanOfFile(file), file, filter, 0)];
  }
  const blocks: Block[] = [];
  let found: ArchiveError | undefined = isWhole ? undefined : mismatch(bytes, file);
  if (damage !== undefined) found = damaged(file.key, damage);
  let before = 0;
  let lastUs = usOfNsText(file.from) - 1;
  for (const frame of data) {
    const span = spanOf(bytes, frame, file.key);
    if (span instanceof ArchiveError) {
      found = span;
      break;
    }
    blocks.push(new WindowBlock(bytes, frame, span, file, filter, before));
    before += span.count;
    lastUs = Math.max(lastUs, span.toUs);
  }
  if (found !== undefined) blocks.push(damageBlock(found, file, lastUs + 1, before));
  return blocks;
}

function spanOfFile(file: ManifestFile): FrameSpan {
  return { fromUs: usOfNsText(file.from), toUs: usOfNsText(file.to), count: file.count };
}

const keys = new RecordKeyReader();

/** Times within a frame, as far as its records can be read; or why the frame cannot. */
function spanOf(bytes: Uint8Array, frame: ZstdFrame, key: string): FrameSpan | ArchiveError {
  const span = { fromUs: Infinity, toUs: 0, count: 0 };
  try {
    for (const message of messagesIn(decompressFrame(bytes, frame, key))) {
      keys.read(message);
      span.fromUs = Math.min(span.fromUs, keys.receivedAtUs);
      span.toUs = Math.max(span.toUs, keys.receivedAtUs);
      span.count++;
    }
  } catch (error) {
    if (error instanceof ArchiveError) return error;
    // A record that cannot be read is told when the block is opened, with its number.
    span.fromUs = Math.min(span.fromUs, 0);
  }
  return span;
}

class WindowBlock implements Block {
  readonly fromUs: number;
  #file: Uint8Array;
  #frame: ZstdFrame;
  #span: FrameSpan;
  #entry: ManifestFile;
  #place: BlockPlace;

  constructor(
    file: Uint8Array,
    frame: ZstdFrame,
    span: FrameSpan,
    entry: ManifestFile,
    filter: RecordFilter,
    recordsBefore: number,
  ) {
    this.fromUs = span.fromUs;
    this.#file = file;
    this.#frame = frame;
    this.#span = span;
    this.#entry = entry;
    const type = entry.type as EventType;
    this.#place = { type, filter, key: entry.key, offset: frame.start, recordsBefore };
  }

  open(): Opened {
    const { key } = this.#place;
    const plain = decompressed(this.#file, this.#frame, key);
    const toUs = usOfNsText(this.#entry.to);
    if (plain instanceof ArchiveError) {
      return { damage: { error: plain, key, atUs: this.fromUs, toUs, missed: this.#span.count } };
    }
    return opened(recordsOf(plain, this.#place), { key, atUs: this.fromUs, toUs });
  }
}

function decompressed(file: Uint8Array, frame: ZstdFrame, key: string): Uint8Array | ArchiveError {
  try {
    return decompressFrame(file, frame, key);
  } catch (error) {
    if (error instanceof ArchiveError) return error;
    throw error;
  }
}

function damageBlock(error: ArchiveError, file: ManifestFile, atUs: number, read: number): Block {
  const missed = Math.max(0, file.count - read);
  const damage = { error, key: file.key, atUs, toUs: usOfNsText(file.to), missed };
  return { fromUs: atUs, open: () => ({ damage }) };
}

function mismatch(bytes: Uint8Array, { key, bytes: length }: ManifestFile): ArchiveError {
  const why = bytes.length === length
    ? "it does not have the SHA-256 that its manifest names"
    : `it has ${bytes.length} bytes, its manifest names ${length}`;
  return new ArchiveError("ARCHIVE_DAMAGED", `${key} is damaged: ${why}.`, {
    hint: "What stands in whole frames was read; restore the file from a copy.",
    context: { key, offset: Math.min(bytes.length, length) },
  });
}
