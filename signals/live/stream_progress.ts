import { RecordKeyReader } from "@ssmd/codec";
import type { StreamItem } from "./stream_item.ts";

/** How far the signals have got. */
export class StreamProgress {
  /** Identity of the stream, µs, and the last message of it that was taken; 0 = none. */
  stream = { createdAtUs: 0, sequence: 0 };
  /** By feed: receive time of the last record that was taken, µs. */
  feeds: Record<string, number> = {};
  #keys = new RecordKeyReader();

  /** Moves on behind these; gives how many of them are records. */
  moveOn(items: readonly StreamItem[]): number {
    const seen = new Set<string>();
    let records = 0;
    for (let i = items.length - 1; i >= 0; i--) {
      const item = items[i] as StreamItem;
      if (item.type === "watermark") continue;
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

  /** Age of the newest record that was taken, seconds; 0 = there is none. */
  ageSeconds(nowUs: number): number {
    const reached = Object.values(this.feeds);
    return reached.length === 0 ? 0 : Math.max(0, (nowUs - Math.max(...reached)) / 1e6);
  }

  /** A copy, for who writes it down. */
  copy(): Pick<StreamProgress, "stream" | "feeds"> {
    return { stream: { ...this.stream }, feeds: { ...this.feeds } };
  }
}
