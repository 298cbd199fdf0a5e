/**
 * A process that writes objects to S3 until it is done or killed: `deno run -A tests/e2e/_uploader.ts
 * <endpoint> <region> <bucket>`, keys in AWS_… of its environment. @module
 */
import { s3Storage } from "@ssmd/storage/s3";

const MIB = 1024 * 1024;

/** What is written, in order: one request, three parts, many parts, a stream. */
export const OBJECTS: Readonly<Record<string, number>> = {
  "raw/crash/small": 1000,
  "raw/crash/three-parts": 11 * MIB,
  "normalized/crash/many-parts": 31 * MIB + 7,
  "normalized/crash/last": MIB,
};

/** The bytes of an object; the same in every life. */
export function contentOf(key: string): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil((OBJECTS[key] ?? 0) / 4));
  let state = [...key].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0) | 0, 7) | 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer).subarray(0, OBJECTS[key] ?? 0);
}

async function* chunked(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += 700_001) {
    yield await Promise.resolve(bytes.subarray(at, at + 700_001));
  }
}

if (import.meta.main) {
  const [endpoint = "", region = "", bucket = ""] = Deno.args;
  const storage = s3Storage({
    ...{ type: "s3", endpoint, region, buckets: { raw: bucket, normalized: bucket } },
    credentials: {
      access_key: Deno.env.get("SSMD_ACCESS_KEY") ?? "",
      secret_key: Deno.env.get("SSMD_SECRET_KEY") ?? "",
    },
  }, { partBytes: 5 * MIB, wholeBytesMax: 6 * MIB, firstWaitMs: 5, requestMsMax: 20_000 });
  console.log("begins");
  for (const key of Object.keys(OBJECTS)) await storage.put(key, chunked(contentOf(key)));
  await storage.close();
  console.log("done");
}
