import type { Storage } from "@ssmd/storage";
import { type FaultProxy, startFaultProxy } from "../../tests/servers/fault_proxy.ts";
import {
  type S3Server,
  s3ServerAvailable,
  type S3ServerOptions,
  startS3Server,
} from "../../tests/servers/s3_server.ts";
import { s3Storage, type S3Tuning } from "./s3.ts";
import { connectS3, type S3Connection } from "./s3_client.ts";
import type { S3Config } from "./s3_config.ts";

export const MIB = 1024 * 1024;
export const BUCKET = "all";
/** Small and fast: parts of the minimum size of S3. */
export const QUICK: S3Tuning = {
  partBytes: 5 * MIB,
  wholeBytesMax: 6 * MIB,
  attemptsMax: 4,
  firstWaitMs: 2,
};

/** A server, one bucket of it, and what a test may need besides. */
export interface S3Rig {
  server: S3Server;
  storage: Storage;
  /** Another storage on the same server. */
  open(config?: Partial<S3Config>, tuning?: S3Tuning): Storage;
}

/** Registers a test with its own server. */
export function s3Test(
  name: string,
  body: (rig: S3Rig) => Promise<void>,
  options: S3ServerOptions = {},
): void {
  Deno.test(name, { ignore: !s3ServerAvailable() }, async () => {
    const server = await startS3Server({ buckets: [BUCKET], ...options });
    const opened: Storage[] = [];
    const open = (config: Partial<S3Config> = {}, tuning: S3Tuning = QUICK) => {
      const storage = s3Storage({ ...configOf(server), ...config }, tuning);
      opened.push(storage);
      return storage;
    };
    try {
      await body({ server, storage: open(), open });
    } finally {
      for (const storage of opened) await storage.close();
      await server.stop();
    }
  });
}

/** A rig whose `through` goes through a fault proxy. */
export interface S3FaultRig extends S3Rig {
  proxy: FaultProxy;
  through: Storage;
}

/** Registers a test with a fault proxy; `storage` bypasses it. */
export function s3FaultTest(
  name: string,
  body: (rig: S3FaultRig) => Promise<void>,
  tuning: S3Tuning = QUICK,
): void {
  s3Test(name, async (rig) => {
    const proxy = startFaultProxy(rig.server.port);
    const through = rig.open({ endpoint: proxy.endpoint }, tuning);
    try {
      await body({ ...rig, proxy, through });
    } finally {
      await through.close();
      await proxy.close();
    }
  }, { keepAlive: false });
}

/** Returns the configuration of a server's only bucket. */
export function configOf(
  { endpoint, region, credentials }: Pick<S3Server, "endpoint" | "region" | "credentials">,
): S3Config {
  const buckets = { raw: BUCKET, normalized: BUCKET };
  return { type: "s3", endpoint, region, buckets, credentials };
}

/** Returns a client of a server, without a storage. */
export function connectionOf({ endpoint, region, credentials }: S3Server): S3Connection {
  const { access_key: accessKey, secret_key: secretKey } = credentials;
  return connectS3({ endpoint, region, keys: { accessKey, secretKey } });
}

/** Returns pseudo-random bytes; the same for the same seed. */
export function noise(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed >>> 0 || 1;
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state;
  }
  return new Uint8Array(words.buffer).subarray(0, length);
}

/** Yields bytes in chunks whose size does not divide a part. */
export async function* chunked(bytes: Uint8Array, chunkBytes = 700_001): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    yield await Promise.resolve(bytes.slice(at, at + chunkBytes));
  }
}

/** Uploads that were begun and neither completed nor removed, and parts of none, in the server's files. */
export async function openUploads({ dir }: S3Server): Promise<string[]> {
  const found: string[] = [];
  const folder = `${dir}/${BUCKET}/.sgwtmp/multipart`;
  const objects = await Array.fromAsync(Deno.readDir(folder)).catch(() => []);
  for (const { name } of objects) {
    for await (const upload of Deno.readDir(`${folder}/${name}`)) found.push(upload.name);
  }
  return found;
}
