import type { Watermark } from "@ssmd/market";
import { CodecError } from "@ssmd/runtime/errors";

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** Encodes a watermark as JSON with the time in nanoseconds: `{"feed":"kraken","time_ns":"…"}`. */
export function encodeWatermark({ feed, timeUs, shard }: Watermark): Uint8Array {
  const of = shard === undefined ? {} : { shard: shard.name, shards: shard.all };
  return ENCODER.encode(JSON.stringify({ feed, time_ns: `${timeUs}000`, ...of }));
}

/** Decodes a watermark. Throws CodecError (`CODEC_WATERMARK`) when invalid. */
export function decodeWatermark(bytes: Uint8Array): Watermark {
  const text = DECODER.decode(bytes);
  try {
    const { feed, time_ns: timeNs, shard, shards } = JSON.parse(text) as Record<string, unknown>;
    if (typeof feed === "string" && typeof timeNs === "string" && /^[1-9]\d{3,18}$/.test(timeNs)) {
      const watermark = { feed, timeUs: Number(timeNs.slice(0, -3)) };
      if (typeof shard !== "string" || !Array.isArray(shards)) return watermark;
      return { ...watermark, shard: { name: shard, all: shards.map(String) } };
    }
  } catch {
    // Falls through to the error below.
  }
  throw new CodecError("CODEC_WATERMARK", `"${text.slice(0, 80)}" is no watermark`);
}
