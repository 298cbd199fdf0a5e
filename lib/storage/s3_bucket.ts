import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { sleep, StorageError } from "@ssmd/runtime";
import { notFound } from "./errors.ts";
import { assertKey, assertPrefix } from "./key.ts";
import { attempted, reportedError, s3CodeOf, type S3Patience } from "./s3_calls.ts";
import type { S3Connection } from "./s3_client.ts";
import { ConditionalPuts } from "./s3_conditional.ts";
import { corruptionError, type S3Object } from "./s3_errors.ts";
import { isPageAfter, listedObjects } from "./s3_list.ts";
import { partsOf } from "./s3_parts.ts";
import { crc32Text, proofOf } from "./s3_proof.ts";
import { removeStaleUploads, uploadParts } from "./s3_upload.ts";
import { s3Versions } from "./s3_versions.ts";
import type { Storage, StoredObject } from "./storage.ts";
import type { ObjectVersions } from "./versions.ts";

/** Options of a bucket. */
export interface S3BucketOptions extends S3Patience {
  connection: S3Connection;
  bucket: string;
  endpoint: string;
  region: string;
  /** Key prefix for callers that is not stored in the bucket, `raw/`; "" = none. */
  cut: string;
  /** Part size of multipart uploads; also the buffer size of a streaming put. */
  partBytes: number;
  /** Maximum size of an in-memory object that is put in one request. */
  wholeBytesMax: number;
  /** Concurrent part uploads. */
  concurrency: number;
}

/** Age after which no writer can still be sending an upload. */
const STALE_UPLOAD_MS = 24 * 60 * 60 * 1000;
/** Longest wait of `close` for the cleanup. */
const SWEEP_MS_MAX = 2_000;

/** Objects in one bucket. */
export class S3Bucket implements Storage {
  readonly type = "s3";
  readonly location: string;
  readonly versions: ObjectVersions;
  #options: S3BucketOptions;
  #conditional: ConditionalPuts;
  #sweep: Promise<unknown> | undefined;
  #closing = new AbortController();

  /** Sends nothing before the first call. */
  constructor(given: S3BucketOptions) {
    const options = this.#options = { ...given, closing: this.#closing.signal };
    this.location = `s3://${options.bucket}`;
    this.#conditional = new ConditionalPuts(options);
    this.versions = s3Versions({
      ...{ client: options.connection.client, patience: options, location: this.location },
      ...{ cut: options.cut, objectOf: (key) => this.#objectOf(key) },
      put: (key, chunks) => this.put(key, chunks),
    });
  }

  async put(key: string, data: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    const object = this.#checkedObject(key);
    this.#sweep ??= this.#removeStale();
    const { partBytes, wholeBytesMax } = this.#options;
    const isWhole = data instanceof Uint8Array && data.length <= wholeBytesMax;
    const { parts, failure, recycle } = partsOf(
      data,
      isWhole ? Math.max(1, data.length) : partBytes,
    );
    try {
      const first = await parts.next();
      const second = first.done ? first : await parts.next();
      if (first.done || second.done) {
        await this.#putWhole(object, first.value ?? new Uint8Array());
        return;
      }
      const rest = { [Symbol.asyncIterator]: () => parts };
      await this.#upload(object, following([first.value, second.value], rest), recycle);
    } catch (error) {
      if (failure()?.error === error) throw error;
      throw reportedError(error);
    } finally {
      await parts.return?.();
    }
  }

  async putIfAbsent(key: string, data: Uint8Array): Promise<boolean> {
    const object = this.#checkedObject(key);
    return await this.#withStorageError(() =>
      this.#conditional.put(object, this.#objectKey(key), data)
    );
  }

  async replace(key: string, data: Uint8Array, seen: Uint8Array | undefined): Promise<boolean> {
    const object = this.#checkedObject(key);
    const objectKey = this.#objectKey(key);
    return await this.#withStorageError(() =>
      this.#conditional.replace(object, objectKey, { data, seen })
    );
  }

  async get(key: string): Promise<Uint8Array> {
    const object = this.#checkedObject(key);
    return await this.#withStorageError(() =>
      this.#call(object, async (Key) => {
        const { Body, ContentLength } = await this.#client.send(
          new GetObjectCommand({ Bucket: object.bucket, Key, ChecksumMode: "ENABLED" }),
        );
        const bytes = await Body?.transformToByteArray() ?? new Uint8Array();
        if (ContentLength === undefined || ContentLength === bytes.length) return bytes;
        throw corruptionError("Another length came than was told", object);
      })
    );
  }

  async getRange(key: string, start: number, end: number): Promise<Uint8Array> {
    const object = this.#checkedObject(key);
    const from = Math.max(0, start);
    if (!(end > from)) {
      if (await this.head(key) === undefined) throw notFound(key, this.location);
      return new Uint8Array();
    }
    const last = end > Number.MAX_SAFE_INTEGER ? "" : end - 1;
    return await this.#withStorageError(async () => {
      try {
        return await this.#call(object, (Key) => this.#range(object, Key, `bytes=${from}-${last}`));
      } catch (error) {
        // The object exists, but ends before the range.
        if (s3CodeOf(error) === "InvalidRange") return new Uint8Array();
        throw error;
      }
    });
  }

  async head(key: string): Promise<StoredObject | undefined> {
    const object = this.#checkedObject(key);
    return await this.#withStorageError(async () => {
      try {
        const { ContentLength, LastModified } = await this.#call(
          object,
          (Key) => this.#headOf(object, Key),
        );
        return { key, size: ContentLength ?? 0, modifiedAtMs: LastModified?.getTime() ?? 0 };
      } catch (error) {
        if (!isNotFound(error)) throw error;
        return undefined;
      }
    });
  }

  async *list(prefix: string): AsyncIterable<StoredObject> {
    assertPrefix(prefix);
    const { bucket, cut, connection } = this.#options;
    const object = this.#objectOf(prefix);
    yield* listedObjects(
      { bucket, cut, prefix, order: () => connection.order },
      (command) =>
        this.#withStorageError(() =>
          this.#call(object, async () => {
            const page = await this.#client.send(command);
            if (isPageAfter(page, command)) return page;
            throw corruptionError("The answer is no page of a list", object);
          })
        ),
    );
  }

  async delete(key: string): Promise<void> {
    const object = this.#checkedObject(key);
    await this.#withStorageError(async () => {
      try {
        await this.#call(
          object,
          (Key) => this.#client.send(new DeleteObjectCommand({ Bucket: object.bucket, Key })),
        );
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    });
  }

  async close(): Promise<void> {
    await Promise.race([this.#sweep, sleep(SWEEP_MS_MAX, this.#closing.signal)]);
    this.#closing.abort();
    this.#options.connection.close();
    await this.#sweep;
  }

  get #client() {
    return this.#options.connection.client;
  }

  #checkedObject(key: string): S3Object {
    assertKey(key);
    return this.#objectOf(key);
  }

  #objectOf(key: string): S3Object {
    const { bucket, endpoint, region } = this.#options;
    return { key, bucket, endpoint, region };
  }

  #objectKey(key: string): string {
    return key.slice(this.#options.cut.length);
  }

  async #call<T>(object: S3Object, send: (objectKey: string) => Promise<T>): Promise<T> {
    const objectKey = this.#objectKey(object.key);
    return await attempted(this.#options, object, () => send(objectKey));
  }

  async #withStorageError<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw reportedError(error);
    }
  }

  async #putWhole(object: S3Object, bytes: Uint8Array): Promise<void> {
    const crc = crc32Text(bytes);
    await this.#call(object, async (Key) => {
      const target = { Bucket: object.bucket, Key };
      const receipt = await this.#client.send(
        new PutObjectCommand({ ...target, Body: bytes, ChecksumCRC32: crc }),
      );
      const proof = proofOf(receipt, bytes, crc);
      if (proof === "same") return;
      const head = await this.#client.send(new HeadObjectCommand(target));
      if (proof === "different" || head.ContentLength !== bytes.length) {
        throw corruptionError("Other bytes were stored than were sent", object);
      }
    });
  }

  async #upload(
    object: S3Object,
    parts: AsyncIterable<Uint8Array>,
    onSent: (part: Uint8Array) => void,
  ): Promise<void> {
    const { concurrency } = this.#options;
    const objectKey = this.#objectKey(object.key);
    const client = this.#client;
    const patience = this.#options;
    await uploadParts({ client, patience, object, objectKey, concurrency, onSent }, parts);
  }

  /** A 404 to a HEAD does not say what is missing, nor whether the server said it: a GET does. */
  async #headOf(object: S3Object, Key: string) {
    const target = { Bucket: object.bucket, Key };
    try {
      return await this.#client.send(new HeadObjectCommand(target));
    } catch (error) {
      if (!(error instanceof S3ServiceException) || error.$metadata.httpStatusCode !== 404) {
        throw error;
      }
      await this.#client.send(new GetObjectCommand({ ...target, Range: "bytes=0-0" }));
      throw corruptionError("An object that is there was said to be missing", object);
    }
  }

  async #range(object: S3Object, Key: string, Range: string): Promise<Uint8Array> {
    const { Body, ContentLength, ContentRange } = await this.#client.send(
      new GetObjectCommand({ Bucket: object.bucket, Key, Range }),
    );
    const bytes = await Body?.transformToByteArray() ?? new Uint8Array();
    const [, first, last] = /^bytes (\d+)-(\d+)\//.exec(ContentRange ?? "") ?? [];
    const requested = /^bytes=(\d+)-/.exec(Range)?.[1];
    const isRange = first === requested && bytes.length === Number(last) - Number(first) + 1;
    if (!isRange || ContentLength !== bytes.length) {
      throw corruptionError("Another range came than was asked for", object);
    }
    return bytes;
  }

  async #removeStale(): Promise<void> {
    const object = this.#objectOf("");
    await removeStaleUploads({ client: this.#client, object }, Date.now() - STALE_UPLOAD_MS)
      .catch(() => {});
  }
}

async function* following(
  first: readonly Uint8Array[],
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  yield* first;
  yield* rest;
}

function isNotFound(error: unknown): boolean {
  return reportedError(error) instanceof StorageError &&
    (reportedError(error) as StorageError).code === "NOT_FOUND";
}
