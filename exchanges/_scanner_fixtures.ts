import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Normalized, Normalizer, NormalizerVersion } from "./adapter.ts";
import { readFrame } from "./frame.ts";

/** Frames of a property test: a short form in each run, `SSMD_SCANNER_FRAMES` for the long one. */
export const MUTATED_FRAMES = Number(Deno.env.get("SSMD_SCANNER_FRAMES") ?? 100_000);

/** How many frames the scanner has read, and how many there were. */
interface ScannedCount {
  frames: number;
  scanned: number;
}

/**
 * Gives the same frames to a normalizer that scans and to one that reads JSON. Fails where they tell
 * something else, or where the scanner takes what is no JSON.
 */
export class ScannerTwins {
  readonly count: ScannedCount = { frames: 0, scanned: 0 };
  #version: NormalizerVersion;
  #scanning: Normalizer;
  #reading: Normalizer;

  constructor(version: NormalizerVersion) {
    this.#version = version;
    this.#scanning = this.#new();
    this.#reading = this.#new();
  }

  #new(): Normalizer {
    return this.#version.create({ feed: "feed", symbols: [] });
  }

  take(text: string): void {
    const { count } = this;
    const atUs = ++count.frames * 1000;
    const frame = Buffer.from(text);
    const scanned = this.#scan(frame, atUs);
    if (scanned !== undefined) count.scanned++;
    const read = readFrame(frame);
    if (!read.readable) {
      assert.equal(scanned, undefined, `scanned although it is no JSON: ${text}`);
      return;
    }
    const out = scanned ?? this.#scanning.normalize(read.json, text, atUs);
    const wanted = this.#reading.normalize(read.json, text, atUs);
    if (!isSame(out, wanted)) assert.deepEqual(out, wanted, text);
  }

  #scan(frame: Buffer, atUs: number): Normalized | undefined {
    const { scanner } = this.#scanning;
    if (scanner === undefined) return undefined;
    const { bytes, start } = this.#inLine(frame);
    const offset = start === 0
      ? scanner.scan(bytes)
      : scanner.scanInLine(bytes, start, start + frame.length);
    if (offset < 0) return undefined;
    const out = this.#scanning.scanned?.(offset, bytes, atUs);
    scanner.done();
    return out;
  }

  /** Alternates the ways in which a frame is scanned: alone, between raw lines, in the last one. */
  #inLine(frame: Buffer): { bytes: Buffer<ArrayBuffer>; start: number } {
    const way = this.count.frames % 3;
    const [before, after] = way === 0 ? ["", ""] : ['{"m":', way === 1 ? '}\n{"t":"17' : "}\n"];
    const bytes = Buffer.concat([Buffer.from(before), frame, Buffer.from(after)]);
    return { bytes, start: before.length };
  }

  /** Both remember the same. */
  assertSameState(): void {
    assert.deepEqual(this.#scanning.state(), this.#reading.state());
  }
}

/** Much faster than `deepEqual`, which is asked where texts differ; −0 and 0 must not be the same. */
function isSame(a: Normalized, b: Normalized): boolean {
  return JSON.stringify(a, signed) === JSON.stringify(b, signed);
}

function signed(_key: string, value: unknown): unknown {
  return Object.is(value, -0) ? "-0" : value;
}

/** Numbers of a seed, 0 ≤ x < `below`. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}

const BYTES = '0123456789.-+eE"\\{}[]:, \ntrufalsn\u00e9';

/** A frame with something changed: most often a digit, else a byte, a piece that is gone or twice. */
export function mutated(text: string, random: (below: number) => number): string {
  const at = random(text.length);
  const other = BYTES[random(BYTES.length)] as string;
  switch (random(8)) {
    case 0:
      return text.slice(0, at) + other + text.slice(at + 1);
    case 1:
      return text.slice(0, at) + text.slice(at + 1 + random(12));
    case 2:
      return text.slice(0, at) + other + text.slice(at);
    case 3:
      return text.slice(0, at) + text.slice(at - random(12), at) + text.slice(at);
    case 4:
      return text;
    default:
      return withDigit(text, at, random);
  }
}

/** Another digit in place of the first one behind `at`, or one more. */
function withDigit(text: string, at: number, random: (below: number) => number): string {
  const offset = text.slice(at).search(/\d/);
  if (offset < 0) return text;
  const kept = random(4) === 0 ? 0 : 1;
  return text.slice(0, at + offset) + random(10) + text.slice(at + offset + kept);
}
