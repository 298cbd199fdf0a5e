import { bytesText, countText, shareText } from "../format.ts";

const SHOWN_EVERY_MS = 200;

/** Progress line of an export on a terminal; silent without `write`. */
export class ExportProgress {
  #total: number | undefined;
  #write: ((text: string) => void) | undefined;
  #startMs = performance.now();
  #shownMs = 0;
  #records = { read: 0, written: 0 };

  /** `total` = records of the archive to read; undefined = unknown. */
  constructor(total: number | undefined, write: ((text: string) => void) | undefined) {
    this.#total = total;
    this.#write = write;
  }

  /** Adds records read or written. */
  add(what: "read" | "written", count: number): void {
    this.#records[what] += count;
    const nowMs = performance.now();
    if (this.#write === undefined || nowMs - this.#shownMs < SHOWN_EVERY_MS) return;
    this.#shownMs = nowMs;
    const { read, written } = this.#records;
    const elapsedMs = nowMs - this.#startMs;
    const share = this.#total === undefined ? "" : `${shareText(read, this.#total, elapsedMs)}: `;
    const perSecond = Math.round(written * 1000 / elapsedMs);
    this.#write(
      `\r\x1b[K${share}${countText(read, "record")} read, ${written} written (${perSecond}/s)`,
    );
  }

  /** Clears the line. */
  end(): void {
    this.#write?.("\r\x1b[K");
  }

  /** Summary sentence. */
  summary(records: number, bytes: number): string {
    const seconds = (performance.now() - this.#startMs) / 1000;
    const speed = `${bytesText(Math.round(bytes / seconds))}/s`;
    return `${countText(records, "record")}, ${bytesText(bytes)} in ${
      seconds.toFixed(1)
    } s (${speed})`;
  }
}
