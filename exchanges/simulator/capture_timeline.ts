import { readCapture } from "./capture.ts";
import { type CaptureLine, textOfLine } from "./capture_line.ts";
import type { Feed } from "./player.ts";

/** A frame, or a disconnect of the recorded connection. Times are µs since 1970. */
type TimelineItem = { atUs: number; text: string } | { atUs: number; isBreak: true };

/** Receives the frames of captures. */
interface CaptureListener {
  /** A file starts; `file` = its index. */
  opened(file: number): void;
  frame(text: string): void;
  /** The recorded connection disconnected. */
  broken(): void;
}

/** Captures in sequence as one feed. Virtual time starts at 0; files follow without a gap. */
export class CaptureTimeline implements Feed {
  /** Work to do before the next frame. */
  readonly work: (() => Promise<void>)[] = [];
  #files: readonly string[];
  #listener: CaptureListener;
  #file = -1;
  #reader: AsyncGenerator<TimelineItem[]> | undefined;
  #frames: TimelineItem[] = [];
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
    const reader = readItems(path);
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
    if ("text" in frame) this.#listener.frame(frame.text);
    else this.#listener.broken();
  }

  pending(): Promise<void> | undefined {
    return this.work.length === 0 ? undefined : this.#doWork();
  }

  async #doWork(): Promise<void> {
    for (let job = this.work.shift(); job !== undefined; job = this.work.shift()) await job();
  }

  /** Re-reads all frames played so far; yields undefined for a disconnect. */
  async *again(): AsyncGenerator<string | undefined> {
    let left = this.#played;
    for (const path of this.#files) {
      for await (const items of readItems(path)) {
        for (const item of items) {
          if (left-- <= 0) return;
          yield "text" in item ? item.text : undefined;
        }
      }
    }
  }

  /** Closes the open file. */
  async close(): Promise<void> {
    await this.#reader?.return([]);
  }
}

/** Ends a batch at a disconnect, so that clients can reconnect before more is sent at max speed. */
async function* readItems(path: string): AsyncGenerator<TimelineItem[]> {
  for await (const lines of readCapture(path)) {
    let items: TimelineItem[] = [];
    for (const line of lines) {
      const item = itemOf(line);
      if (item === undefined) continue;
      items.push(item);
      if ("text" in item) continue;
      yield items;
      items = [];
    }
    if (items.length > 0) yield items;
  }
}

function itemOf(line: CaptureLine): TimelineItem | undefined {
  const text = textOfLine(line);
  if (text !== undefined && "atUs" in line) return { atUs: line.atUs, text };
  const isBreak = line.kind === "event" && line.name === "disconnect";
  return isBreak ? { atUs: line.atUs, isBreak } : undefined;
}

async function* prepend(
  first: TimelineItem[],
  rest: AsyncGenerator<TimelineItem[]>,
): AsyncGenerator<TimelineItem[]> {
  yield first;
  yield* rest;
}
