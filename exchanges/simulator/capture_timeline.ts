import { type CaptureFrame, readCapture } from "./capture.ts";
import type { Feed } from "./player.ts";

/** What is done with the frames of captures. */
export interface CaptureListener {
  /** A file begins; its place in the list. */
  opened(file: number): void;
  frame(text: string): void;
}

/** Captures one after another as one feed. Virtual time starts at 0; files follow without a gap. */
export class CaptureTimeline implements Feed {
  /** Work that has to be done before the next frame. */
  readonly work: (() => Promise<void>)[] = [];
  #files: readonly string[];
  #listener: CaptureListener;
  #file = -1;
  #reader: AsyncGenerator<CaptureFrame[]> | undefined;
  #frames: CaptureFrame[] = [];
  #at = 0;
  #baseUs = 0;
  #lastUs = 0;
  #played = 0;

  constructor(files: readonly string[], listener: CaptureListener) {
    this.#files = files;
    this.#listener = listener;
  }

  /** Frames played so far, of all files. */
  get played(): number {
    return this.#played;
  }

  nextUs(): number | undefined {
    const frame = this.#frames[this.#at];
    return frame === undefined ? undefined : Math.max(this.#lastUs, this.#baseUs + frame.atUs);
  }

  async fill(): Promise<boolean> {
    for (;;) {
      const next = await this.#reader?.next();
      if (next !== undefined && !next.done) {
        this.#frames = next.value;
        this.#at = 0;
        return true;
      }
      if (!await this.#open()) return false;
    }
  }

  async #open(): Promise<boolean> {
    const path = this.#files[++this.#file];
    if (path === undefined) return false;
    const reader = readCapture(path);
    this.#reader = reader;
    const first = await reader.next();
    if (first.done) return true;
    this.#baseUs = this.#lastUs - (first.value[0]?.atUs ?? 0);
    this.#reader = prepend(first.value, reader);
    this.#listener.opened(this.#file);
    return true;
  }

  emit(): void {
    const frame = this.#frames[this.#at];
    if (frame === undefined) return;
    this.#lastUs = Math.max(this.#lastUs, this.#baseUs + frame.atUs);
    this.#at++;
    this.#played++;
    this.#listener.frame(frame.text);
  }

  pending(): Promise<void> | undefined {
    return this.work.length === 0 ? undefined : this.#doWork();
  }

  async #doWork(): Promise<void> {
    for (let job = this.work.shift(); job !== undefined; job = this.work.shift()) await job();
  }

  /** Reads again what was played so far. */
  async *again(): AsyncGenerator<string> {
    let left = this.#played;
    for (const path of this.#files) {
      for await (const frames of readCapture(path)) {
        for (const frame of frames) {
          if (left-- <= 0) return;
          yield frame.text;
        }
      }
    }
  }

  /** Closes the open file. */
  async close(): Promise<void> {
    await this.#reader?.return([]);
  }
}

async function* prepend(
  first: CaptureFrame[],
  rest: AsyncGenerator<CaptureFrame[]>,
): AsyncGenerator<CaptureFrame[]> {
  yield first;
  yield* rest;
}
