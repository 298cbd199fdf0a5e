import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { StorageError } from "@ssmd/runtime";
import { attempted, S3CallError, s3CodeOf, type S3Patience } from "./s3_calls.ts";
import { corruptionError, type S3Object } from "./s3_errors.ts";
import { crc32Text, etagOfParts, proofOf, type S3Receipt, unquoted } from "./s3_proof.ts";

/** Limit of S3. */
const PARTS_MAX = 10_000;
const ABORTS_MAX = 3;
/** Attempts of cleanup requests. */
const TIDY_ATTEMPTS_MAX = 3;

/** Options of an upload. */
interface UploadOptions {
  client: S3Client;
  patience: S3Patience;
  /** Used in errors. */
  object: S3Object;
  /** Key within the bucket. */
  objectKey: string;
  /** Concurrent part uploads. */
  concurrency: number;
  /** Called for each part that is no longer needed. */
  onSent: (part: Uint8Array) => void;
}

interface Part extends S3Receipt {
  PartNumber: number;
}

/**
 * Uploads an object in parts; it becomes visible as a whole. Removes the uploaded parts on any
 * failure. Holds at most `concurrency` parts and the next one in memory.
 */
export async function uploadParts(
  options: UploadOptions,
  parts: AsyncIterable<Uint8Array>,
): Promise<void> {
  const { client, patience, object, objectKey } = options;
  const target = { Bucket: object.bucket, Key: objectKey };
  // What cannot be removed now is left to a later writer's cleanup.
  const tidy = () => removeUploadsOf(options, target).catch(() => {});
  await tidy();
  let attempts = 0;
  const created = await attempted(patience, object, (attempt) => {
    attempts = attempt;
    return client.send(new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: "CRC32" }));
  });
  const upload = { ...target, UploadId: created.UploadId };
  try {
    const sent = await sendParts(options, upload, parts);
    await complete(options, upload, { parts: sent.parts, bytes: sent.bytes });
  } catch (error) {
    await abort(options, upload).catch(() => {});
    throw error;
  } finally {
    // An attempt whose response was lost may have started an upload known only to the server.
    if (attempts > 1) await tidy();
  }
}

interface Upload {
  Bucket: string;
  Key: string;
  UploadId: string | undefined;
}

async function sendParts(
  options: UploadOptions,
  upload: Upload,
  parts: AsyncIterable<Uint8Array>,
): Promise<{ parts: Part[]; bytes: number }> {
  const cancel = new AbortController();
  const running = new Set<Promise<void>>();
  const sent: Part[] = [];
  let failure: { error: unknown } | undefined;
  let number = 0;
  let bytes = 0;
  try {
    for await (const part of parts) {
      if (failure) break;
      if (++number > PARTS_MAX) throw tooLarge(options.object, part.length);
      bytes += part.length;
      const index = number - 1;
      const task: Promise<void> = sendPart(options, upload, {
        number,
        bytes: part,
        signal: cancel.signal,
      })
        .then((receipt) => void (sent[index] = receipt))
        .catch((error: unknown) => {
          failure ??= { error };
          cancel.abort();
        })
        .finally(() => {
          running.delete(task);
          options.onSent(part);
        });
      running.add(task);
      if (running.size >= options.concurrency) await Promise.race(running);
    }
  } catch (error) {
    failure ??= { error };
    cancel.abort();
  }
  // Wait for pending parts: one arriving after the removal would be left behind.
  await Promise.all(running);
  if (failure) throw failure.error;
  return { parts: sent, bytes };
}

async function sendPart(
  { client, patience, object }: UploadOptions,
  upload: Upload,
  { number, bytes, signal }: { number: number; bytes: Uint8Array; signal: AbortSignal },
): Promise<Part> {
  const crc = crc32Text(bytes);
  const command = () =>
    new UploadPartCommand({ ...upload, PartNumber: number, Body: bytes, ChecksumCRC32: crc });
  return await attempted({ ...patience, cancelled: signal }, object, async () => {
    const { ETag, ChecksumCRC32 } = await client.send(command());
    if (proofOf({ ETag, ChecksumCRC32 }, bytes, crc) === "different") {
      throw corruptionError("A part was stored with other bytes", object);
    }
    return { PartNumber: number, ETag, ...(ChecksumCRC32 ? { ChecksumCRC32 } : {}) };
  });
}

async function complete(
  options: UploadOptions,
  upload: Upload,
  { parts, bytes }: { parts: Part[]; bytes: number },
): Promise<void> {
  const { client, patience, object } = options;
  let unclear = false;
  try {
    await attempted(patience, object, () =>
      client.send(
        new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: parts } }),
      ));
  } catch (error) {
    // An attempt whose response was lost may have completed it.
    unclear = error instanceof S3CallError && error.attempts > 1 &&
      s3CodeOf(error) === "NoSuchUpload";
    if (!unclear) throw error;
  }
  const { Bucket, Key } = upload;
  const head = await attempted(
    patience,
    object,
    () => client.send(new HeadObjectCommand({ Bucket, Key })),
  );
  const etag = etagOfParts(parts.map((part) => part.ETag));
  const isOther = unclear && etag !== undefined && unquoted(head.ETag) !== etag;
  if (head.ContentLength !== bytes || isOther) {
    throw corruptionError("The parts were not put together as they were sent", object);
  }
}

/** Aborts an upload; repeats it, as a part still being processed may survive the first abort. */
async function abort({ client, patience, object }: UploadOptions, upload: Upload): Promise<void> {
  for (let round = 0; round < ABORTS_MAX; round++) {
    await attempted(patience, object, () => client.send(new AbortMultipartUploadCommand(upload)));
    try {
      await attempted(patience, object, () => client.send(new ListPartsCommand(upload)));
    } catch (error) {
      if (s3CodeOf(error) === "NoSuchUpload") return;
      throw error;
    }
  }
}

function tooLarge(object: S3Object, partBytes: number): StorageError {
  return new StorageError(
    "STORAGE_FAILED",
    `"${object.key}" is larger than ${PARTS_MAX} parts of ${partBytes} bytes`,
    { context: { ...object }, hint: "Write it as several objects" },
  );
}

/**
 * Aborts other uploads of an object. A key has one writer at a time, so they belong to killed
 * writers, whose work is redone here.
 */
async function removeUploadsOf(
  { client, patience, object }: UploadOptions,
  { Bucket, Key }: { Bucket: string; Key: string },
): Promise<void> {
  const attemptsMax = Math.min(patience.attemptsMax, TIDY_ATTEMPTS_MAX);
  const tried = <T>(send: () => Promise<T>) =>
    attempted({ ...patience, attemptsMax }, object, send);
  const page = await tried(() =>
    client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: Key }))
  );
  for (const upload of page.Uploads ?? []) {
    if (upload.Key !== Key) continue;
    const { UploadId } = upload;
    try {
      await tried(() => client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })));
    } catch (error) {
      // An attempt whose response was lost may have done it.
      if (s3CodeOf(error) !== "NoSuchUpload") throw error;
    }
  }
}

/**
 * Aborts uploads started before `beforeMs` (ms since 1970) and never completed: leftovers of killed
 * writers, invisible but billed. Returns their number.
 */
export async function removeStaleUploads(
  { client, object }: Pick<UploadOptions, "client" | "object">,
  beforeMs: number,
): Promise<number> {
  const Bucket = object.bucket;
  let removed = 0;
  let from: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
  for (;;) {
    const page = await client.send(new ListMultipartUploadsCommand({ Bucket, ...from }));
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Initiated === undefined || Initiated.getTime() >= beforeMs) continue;
      await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
      removed++;
    }
    if (!page.IsTruncated || page.NextKeyMarker === undefined) return removed;
    from = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
  }
}
