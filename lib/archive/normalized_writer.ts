import { isoOfUs } from "@ssmd/runtime";
import type { EventType } from "@ssmd/market";
import { SCHEMAS } from "@ssmd/codec";
import { BuiltFile } from "./built_file.ts";
import type { Lineage, LineageSource, RunSpan } from "./lineage.ts";
import { lineageFrame } from "./lineage_frame.ts";
import { formatFrameOffset } from "./position.ts";
import { nsText } from "./raw_line.ts";
import { compressFrame } from "./zstd_frames.ts";

/** Uncompressed bytes per zstd frame. */
const FRAME_BYTES = 256 * 1024;

/** Span of a run within a window, while it grows. */
interface OpenRun {
  firstFrame: number;
  firstIndex: number;
  lastFrame: number;
  lastIndex: number;
  count: number;
  firstSequence: number;
  lastSequence: number;
}

/** A finished normalized file, ready to upload. */
export class NormalizedFile extends BuiltFile {
  /** Lineage at the front of the file. */
  readonly lineage: Lineage;

  /** Builds the file from its lineage and whole zstd frames. */
  constructor(lineage: Lineage, frames: readonly Uint8Array[]) {
    super([lineageFrame(lineage), ...frames]);
    this.lineage = lineage;
  }
}

/**
 * Builds one normalized file. `add` copies each message into a block of 256 KiB and updates the
 * spans; a full block is compressed immediately.
 */
export class NormalizedFileBuilder {
  /** Type of all its records. */
  readonly type: EventType;
  #frames: Uint8Array[] = [];
  #block = new Uint8Array(FIRST_BLOCK_BYTES);
  #used = 0;
  #bytes = 0;
  #count = 0;
  #firstUs = Infinity;
  #lastUs = 0;
  #firstSequence = Infinity;
  #lastSequence = 0;
  #firstStream = Infinity;
  #lastStream = 0;
  #runs = new Map<string, OpenRun>();
  #runName = "";
  #run: OpenRun | undefined;

  /** Builder of a file of `type`. */
  constructor(type: EventType) {
    this.type = type;
  }

  /** Records so far. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of the records so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Lowest stream sequence; Infinity when there are no records. */
  get firstStream(): number {
    return this.#firstStream;
  }

  /** receivedAt of the earliest record, µs; Infinity when there are no records. */
  get firstUs(): number {
    return this.#firstUs;
  }

  /** receivedAt of the latest record, µs; 0 when there are no records. */
  get lastUs(): number {
    return this.#lastUs;
  }

  /** Adds a whole Cap'n Proto message; `run` is "" when the message has no id. */
  add(record: NormalizedRecord): void {
    this.#copy(record.payload);
    this.#count++;
    const { receivedAtUs, sequence, streamSequence, run } = record;
    if (receivedAtUs < this.#firstUs) this.#firstUs = receivedAtUs;
    if (receivedAtUs > this.#lastUs) this.#lastUs = receivedAtUs;
    if (sequence < this.#firstSequence) this.#firstSequence = sequence;
    if (sequence > this.#lastSequence) this.#lastSequence = sequence;
    if (streamSequence < this.#firstStream) this.#firstStream = streamSequence;
    if (streamSequence > this.#lastStream) this.#lastStream = streamSequence;
    if (run !== "") this.#addToRun(run, record);
  }

  #copy(payload: Uint8Array): void {
    const { length } = payload;
    if (this.#used + length > this.#block.length) this.#nextBlock(length);
    this.#block.set(payload, this.#used);
    this.#used += length;
    this.#bytes += length;
  }

  #nextBlock(length: number): void {
    const grown = Math.min(FRAME_BYTES, this.#block.length * 4);
    if (this.#used + length <= grown) {
      const block = new Uint8Array(grown);
      block.set(this.#block.subarray(0, this.#used));
      this.#block = block;
      return;
    }
    this.#closeFrame();
    if (length > this.#block.length || this.#block.length > FRAME_BYTES) {
      this.#block = new Uint8Array(Math.max(FRAME_BYTES, length));
    }
  }

  /** Compress at once: a minute of a busy feed then takes an eighth of the memory. */
  #closeFrame(): void {
    if (this.#used === 0) return;
    this.#frames.push(compressFrame(this.#block.subarray(0, this.#used), ZSTD_LEVEL));
    this.#used = 0;
  }

  #addToRun(name: string, record: NormalizedRecord): void {
    let run = this.#run;
    if (run === undefined || name !== this.#runName) run = this.#switchRun(name, record);
    run.count++;
    const { frame, index } = record;
    if (frame > run.lastFrame || frame === run.lastFrame && index > run.lastIndex) {
      run.lastFrame = frame;
      run.lastIndex = index;
    } else if (frame < run.firstFrame || frame === run.firstFrame && index < run.firstIndex) {
      run.firstFrame = frame;
      run.firstIndex = index;
    }
    if (record.sequence < run.firstSequence) run.firstSequence = record.sequence;
    if (record.sequence > run.lastSequence) run.lastSequence = record.sequence;
  }

  #switchRun(name: string, record: NormalizedRecord): OpenRun {
    let run = this.#runs.get(name);
    if (run === undefined) {
      run = {
        firstFrame: record.frame,
        firstIndex: record.index,
        lastFrame: record.frame,
        lastIndex: record.index,
        count: 0,
        firstSequence: Infinity,
        lastSequence: 0,
      };
      this.#runs.set(name, run);
    }
    this.#runName = name;
    this.#run = run;
    return run;
  }

  /** Compresses the open block and returns the file; the builder must not be used afterwards. */
  finish(source: LineageSource, nowUs: number): NormalizedFile {
    this.#closeFrame();
    return new NormalizedFile(this.#lineage(source, nowUs), this.#frames);
  }

  #lineage(source: LineageSource, nowUs: number): Lineage {
    const schema = SCHEMAS[this.type];
    const { type } = this;
    return {
      format: "ssmd-normalized/2",
      schema: { type, version: schema.version, id: schema.id, sha256: schema.sha256 },
      env: source.env,
      feed: source.feed,
      processor: source.processor,
      software: source.software,
      writtenAt: isoOfUs(nowUs),
      source: source.source,
      count: this.#count,
      bytes: this.#bytes,
      from: nsText(this.#firstUs),
      to: nsText(this.#lastUs),
      sequence: { first: this.#firstSequence, last: this.#lastSequence },
      stream: { first: this.#firstStream, last: this.#lastStream },
      runs: Object.fromEntries([...this.#runs].map(([name, run]) => [name, runSpan(run)])),
    };
  }
}

const ZSTD_LEVEL = 3;
const FIRST_BLOCK_BYTES = 16 * 1024;

/** A record with the metadata the writer needs. */
export interface NormalizedRecord {
  /** One Cap'n Proto message; copied. */
  payload: Uint8Array;
  /** Our receive time, µs. */
  receivedAtUs: number;
  /** The record's number in its connection. */
  sequence: number;
  /** Sequence of the message in the bus's stream. */
  streamSequence: number;
  /** Run from the message id; "" = no id. */
  run: string;
  /** Line number in the run. */
  frame: number;
  /** Index of the record in the line. */
  index: number;
}

function runSpan(run: OpenRun): RunSpan {
  return {
    first: formatFrameOffset({ frame: run.firstFrame, index: run.firstIndex }),
    last: formatFrameOffset({ frame: run.lastFrame, index: run.lastIndex }),
    count: run.count,
    sequence: { first: run.firstSequence, last: run.lastSequence },
  };
}
