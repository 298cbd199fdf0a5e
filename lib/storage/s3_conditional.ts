import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { StorageError, TEMPORARY_PREFIX } from "@ssmd/runtime";
import {
  attempted,
  reportedError,
  type S3CallError,
  s3CodeOf,
  type S3Patience,
} from "./s3_calls.ts";
import type { S3Connection } from "./s3_client.ts";
import { corruptionError, type S3Object } from "./s3_errors.ts";
import { crc32Text } from "./s3_proof.ts";
import { isSame } from "./same_bytes.ts";

/** Options of conditional puts. */
interface ConditionalOptions extends S3Patience {
  connection: S3Connection;
}

/** Metadata key that identifies the put that wrote an object. */
const WRITER = "ssmd-writer";
/** An ETag that none of our objects has. */
const NO_ETAG = '"00000000000000000000000000000000"';

/** Precondition of a put. */
type Condition = { IfNoneMatch: "*" } | { IfMatch: string };

const ABSENT: Condition = { IfNoneMatch: "*" };

/**
 * Puts that only create (`If-None-Match: *`) or only replace a known object (`If-Match`). Servers
 * without support ignore the condition and overwrite, so the first use probes it with a temporary
 * object.
 */
export class ConditionalPuts {
  #options: ConditionalOptions;
  #supported = new Map<"If-None-Match" | "If-Match", Promise<boolean>>();

  /** Sends nothing before the first put. */
  constructor(options: ConditionalOptions) {
    this.#options = options;
  }

  /**
   * Puts an object unless one exists; true = written. Throws StorageError `STORAGE_UNSUPPORTED`
   * when the server ignores the condition.
   */
  async put(object: S3Object, objectKey: string, data: Uint8Array): Promise<boolean> {
    await this.#assertSupported("If-None-Match", object);
    return await this.#put(object, objectKey, { data, condition: ABSENT });
  }

  /**
   * Puts an object if it still equals `seen` (undefined = it does not exist); true = written.
   * Throws like `put`.
   */
  async replace(
    object: S3Object,
    objectKey: string,
    { data, seen }: { data: Uint8Array; seen: Uint8Array | undefined },
  ): Promise<boolean> {
    if (seen === undefined) return await this.put(object, objectKey, data);
    await this.#assertSupported("If-Match", object);
    const etag = await this.#etagOf(object, objectKey, seen);
    return etag !== undefined &&
      await this.#put(object, objectKey, { data, condition: { IfMatch: etag } });
  }

  /** Returns the object's ETag if its bytes equal these. */
  async #etagOf(
    object: S3Object,
    objectKey: string,
    bytes: Uint8Array,
  ): Promise<string | undefined> {
    const target = { Bucket: object.bucket, Key: objectKey };
    try {
      return await attempted(this.#options, object, async () => {
        const { Body, ETag } = await this.#client.send(
          new GetObjectCommand({ ...target, ChecksumMode: "ENABLED" }),
        );
        const there = await Body?.transformToByteArray() ?? new Uint8Array();
        return isSame(there, bytes) ? ETag : undefined;
      });
    } catch (error) {
      if (s3CodeOf(error) === "NoSuchKey") return undefined;
      throw error;
    }
  }

  async #put(
    object: S3Object,
    objectKey: string,
    { data, condition }: { data: Uint8Array; condition: Condition },
  ): Promise<boolean> {
    const target = { Bucket: object.bucket, Key: objectKey };
    const writer = crypto.randomUUID();
    const crc = crc32Text(data);
    try {
      await attempted(this.#options, object, async () => {
        const { ETag } = await this.#client.send(
          new PutObjectCommand({
            ...target,
            Body: data,
            ChecksumCRC32: crc,
            ...condition,
            Metadata: { [WRITER]: writer },
          }),
        );
        if (!ETag) throw corruptionError("The answer names nothing that was stored", object);
      });
      return true;
    } catch (error) {
      const code = s3CodeOf(error);
      // The object to replace may be gone, or another conditional put is in progress.
      const isRefused = code === "PreconditionFailed" || code === "ConditionalRequestConflict" ||
        code === "NoSuchKey" && "IfMatch" in condition;
      if (!isRefused) throw error;
      // The object may be from an earlier attempt whose response was lost.
      if ((error as S3CallError).attempts === 1) return false;
      const head = await attempted(
        this.#options,
        object,
        () => this.#client.send(new HeadObjectCommand(target)),
      );
      return head.Metadata?.[WRITER] === writer;
    }
  }

  async #assertSupported(name: "If-None-Match" | "If-Match", object: S3Object): Promise<void> {
    if (await this.#isSupported(name, object)) return;
    throw new StorageError(
      "STORAGE_UNSUPPORTED",
      `The S3 server at ${object.endpoint} ignores ${name}: it would write over "${object.key}"`,
      { context: { ...object }, hint: "Use a server that has conditional writes" },
    );
  }

  async #isSupported(name: "If-None-Match" | "If-Match", object: S3Object): Promise<boolean> {
    try {
      let supported = this.#supported.get(name);
      if (supported === undefined) {
        supported = this.#probe(name === "If-Match" ? { IfMatch: NO_ETAG } : ABSENT, object);
        this.#supported.set(name, supported);
      }
      return await supported;
    } catch (error) {
      this.#supported.delete(name);
      throw reportedError(error);
    }
  }

  /** Returns whether the server rejects a second put that the condition forbids. */
  async #probe(forbidding: Condition, object: S3Object): Promise<boolean> {
    const objectKey = `${TEMPORARY_PREFIX}probe-${crypto.randomUUID()}`;
    try {
      const first = await this.#put(object, objectKey, {
        data: new Uint8Array(),
        condition: ABSENT,
      });
      return first &&
        !await this.#put(object, objectKey, { data: new Uint8Array(), condition: forbidding });
    } catch (error) {
      if (s3CodeOf(error) === "NotImplemented") return false;
      throw error;
    } finally {
      const target = { Bucket: object.bucket, Key: objectKey };
      await this.#client.send(new DeleteObjectCommand(target)).catch(() => {});
    }
  }

  get #client(): S3Client {
    return this.#options.connection.client;
  }
}
