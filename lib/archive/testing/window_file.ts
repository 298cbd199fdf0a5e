import { Encoder } from "@ssmd/codec";
import type { MarketEvent } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";
import { type ManifestFile, manifestTimes, NormalizedFileBuilder, normalizedKey } from "../mod.ts";

/** Whose window it is, and who wrote it. */
export interface WindowSource {
  env: string;
  feed: string;
  writtenBy: string;
}

/** Writes records of one type and minute as an archive file, without a manifest entry. */
export async function writeWindow(
  storage: Storage,
  { env, feed, writtenBy }: WindowSource,
  events: readonly MarketEvent[],
): Promise<ManifestFile> {
  const { type, receivedAtUs: atUs } = events[0] as MarketEvent;
  const builder = new NormalizedFileBuilder(type);
  const encoder = new Encoder();
  for (const event of events) {
    const { receivedAtUs, sequence } = event;
    const position = { streamSequence: sequence, run: "", frame: 0, index: 0 };
    builder.add({ payload: encoder.encode(event), receivedAtUs, sequence, ...position });
  }
  const software = { version: writtenBy, commit: "" };
  const source = { env, feed, processor: writtenBy, software, source: writtenBy };
  const { bytes, sha256 } = builder.finish(source, atUs);
  const key = normalizedKey({ env, feed, type, atUs });
  await storage.put(key, bytes);
  const times = manifestTimes(builder.firstUs, builder.lastUs);
  return { key, type, count: builder.count, bytes: bytes.length, sha256, ...times };
}
