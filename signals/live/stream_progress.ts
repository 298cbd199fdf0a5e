import { RecordKeyReader } from "@ssmd/codec";
import type { StreamItem } from "./stream_item.ts";

/** Position that the signals have reached. */
export class StreamProgress {
  /** Stream identity (creation time, µs) and the last message taken; 0 when none. */
  stream = { createdAtUs: 0, sequence: 0 };
  /** Receive time of the last record taken, by feed, µs. */
  feeds: Record<string, number> = {};
  /** Last watermark taken, by feed, µs. */
  watermarks: Record<string, number> = {};
  #keys = new RecordKeyReader();

  /** Advances past items; returns how many of them are records. */
  moveOn(items: readonly StreamItem[]): number {
    const seen = new Set<string>();
    let records = 0;
    for (let i = items.length - 1; i >= 0; i--) {
      const item = items[i] as StreamItem;
      if (item.type === "watermark") {
        const { feed, timeUs } = item.watermark;
        this.watermarks[feed] = Math.max(this.watermarks[feed] ?? 0, timeUs);
        continue;
      }
      records++;
      if (seen.has(item.feed)) continue;
      seen.add(item.feed);
      this.#keys.read(item.payload);
      this.feeds[item.feed] = Math.max(this.feeds[item.feed] ?? 0, this.#keys.receivedAtUs);
    }
    const sequence = items.at(-1)?.sequence ?? 0;
    if (sequence > 0) this.stream.sequence = sequence;
    return records;
  }

  /** Returns the age of the newest record taken, seconds; 0 when there is none. */
  ageSeconds(nowUs: number): number {
    const reached = Object.values(this.feeds);
    return reached.length === 0 ? 0 : Math.max(0, (nowUs - Math.max(...reached)) / 1e6);
  }

  /** Returns a copy for persisting. */
  copy(): Pick<StreamProgress, "stream" | "feeds" | "watermarks"> {
    const { stream, feeds, watermarks } = this;
    return { stream: { ...stream }, feeds: { ...feeds }, watermarks: { ...watermarks } };
  }
}
