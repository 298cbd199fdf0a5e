import {
  DeleteObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { StorageError } from "@ssmd/runtime";
import { TEMPORARY_PREFIX } from "./key.ts";
import { attempted, type S3CallError, s3CodeOf, type S3Patience, toldError } from "./s3_calls.ts";
import type { S3Connection } from "./s3_client.ts";
import type { S3Place } from "./s3_errors.ts";
import { crc32Text } from "./s3_proof.ts";

/** What conditional puts need. */
export interface ConditionalOptions extends S3Patience {
  connection: S3Connection;
}

/** Name of the metadata that tells whose put an object is. */
const WRITER = "ssmd-writer";

/**
 * Puts that only ever make a new object (`If-None-Match: *`). Servers that do not know the condition
 * ignore it and write over what is there, so the first use tries it out on an object of its own.
 */
export class ConditionalPuts {
  #options: ConditionalOptions;
  #supported: Promise<boolean> | undefined;

  /** Nothing is sent before the first put. */
  constructor(options: ConditionalOptions) {
    this.#options = options;
  }

  /**
   * Puts an object unless there is one: true = it is ours. Throws StorageError
   * `STORAGE_UNSUPPORTED` where the server ignores the condition.
   */
  async put(place: S3Place, objectKey: string, data: Uint8Array): Promise<boolean> {
    if (!await this.#isSupported(place)) {
      throw new StorageError(
        "STORAGE_UNSUPPORTED",
        `The S3 server at ${place.endpoint} ignores If-None-Match: it would write over "${place.key}".`,
        { context: { ...place }, hint: "Use a server that has conditional writes." },
      );
    }
    return await this.#put(place, objectKey, data);
  }

  async #put(place: S3Place, objectKey: string, data: Uint8Array): Promise<boolean> {
    const target = { Bucket: place.bucket, Key: objectKey };
    const writer = crypto.randomUUID();
    const crc = crc32Text(data);
    try {
      await attempted(this.#options, place, () =>
        this.#client.send(
          new PutObjectCommand({
            ...target,
            Body: data,
            ChecksumCRC32: crc,
            IfNoneMatch: "*",
            Metadata: { [WRITER]: writer },
          }),
        ));
      return true;
    } catch (error) {
      if (s3CodeOf(error) !== "PreconditionFailed") throw error;
      // The object may be that of an earlier try, whose answer was lost.
      if ((error as S3CallError).attempts === 1) return false;
      const head = await attempted(
        this.#options,
        place,
        () => this.#client.send(new HeadObjectCommand(target)),
      );
      return head.Metadata?.[WRITER] === writer;
    }
  }

  async #isSupported(place: S3Place): Promise<boolean> {
    try {
      return await (this.#supported ??= this.#probe(place));
    } catch (error) {
      this.#supported = undefined;
      throw toldError(error);
    }
  }

  async #probe(place: S3Place): Promise<boolean> {
    const objectKey = `${TEMPORARY_PREFIX}probe-${crypto.randomUUID()}`;
    try {
      const first = await this.#put(place, objectKey, new Uint8Array());
      return first && !await this.#put(place, objectKey, new Uint8Array());
    } catch (error) {
      if (s3CodeOf(error) === "NotImplemented") return false;
      throw error;
    } finally {
      const target = { Bucket: place.bucket, Key: objectKey };
      await this.#client.send(new DeleteObjectCommand(target)).catch(() => {});
    }
  }

  get #client(): S3Client {
    return this.#options.connection.client;
  }
}
