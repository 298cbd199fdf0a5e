import {
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  PutBucketVersioningCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { StorageError } from "@ssmd/runtime";
import { attempted, reportedError, s3CodeOf, type S3Patience } from "./s3_calls.ts";
import { corruptionError, type S3Object } from "./s3_errors.ts";
import type { BucketVersioning, ObjectVersion, ObjectVersions } from "./versions.ts";

/** Options of a bucket's versions. */
interface S3VersionsOptions {
  client: S3Client;
  patience: S3Patience;
  /** Bucket location, for people. */
  location: string;
  /** Key prefix for callers that is not stored in the bucket. */
  cut: string;
  /** Returns the target of a key, for errors. */
  objectOf: (key: string) => S3Object;
  put: (key: string, chunks: AsyncIterable<Uint8Array>) => Promise<void>;
}

/** Bytes fetched per request from a version. */
const RANGE_BYTES = 8 * 1024 * 1024;

/** Creates access to the versions of one bucket. */
export function s3Versions(options: S3VersionsOptions): ObjectVersions {
  return new S3Versions(options);
}

class S3Versions implements ObjectVersions {
  #options: S3VersionsOptions;

  constructor(options: S3VersionsOptions) {
    this.#options = options;
  }

  async states(): Promise<BucketVersioning[]> {
    const { client, location, objectOf } = this.#options;
    const object = objectOf("");
    const { Status } = await this.#call(
      object,
      () => client.send(new GetBucketVersioningCommand({ Bucket: object.bucket })),
    );
    const state = Status === "Enabled" ? "enabled" : Status === "Suspended" ? "suspended" : "off";
    return [{ location, state }];
  }

  async enable(isEnabled: boolean): Promise<void> {
    const { client, objectOf } = this.#options;
    const object = objectOf("");
    const VersioningConfiguration = { Status: isEnabled ? "Enabled" : "Suspended" } as const;
    await this.#call(object, () =>
      client.send(
        new PutBucketVersioningCommand({ Bucket: object.bucket, VersioningConfiguration }),
      ));
  }

  async *list(prefix: string): AsyncGenerator<ObjectVersion, void> {
    const { client, cut, objectOf } = this.#options;
    const object = objectOf(prefix);
    let from: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
    for (;;) {
      const page: ListObjectVersionsCommandOutput = await this.#call(
        object,
        () =>
          client.send(
            new ListObjectVersionsCommand({
              ...{ Bucket: object.bucket, Prefix: prefix.slice(cut.length) },
              ...from,
            }),
          ),
      );
      yield* versionsOf(page, cut);
      if (!page.IsTruncated) return;
      from = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    }
  }

  async restore(wanted: Pick<ObjectVersion, "key" | "version" | "size">): Promise<void> {
    // Download and upload instead of copying: the upload is verified, for any size.
    await this.#options.put(wanted.key, this.#chunks(wanted));
  }

  async remove({ key, version }: Pick<ObjectVersion, "key" | "version">): Promise<void> {
    const { client, cut, objectOf } = this.#options;
    const object = objectOf(key);
    const target = { Bucket: object.bucket, Key: key.slice(cut.length), VersionId: version };
    await this.#call(object, () => client.send(new DeleteObjectCommand(target)));
  }

  async *#chunks(
    { key, version, size }: Pick<ObjectVersion, "key" | "version" | "size">,
  ): AsyncGenerator<Uint8Array, void> {
    for (let start = 0; start < size; start += RANGE_BYTES) {
      yield await this.#range(key, version, { start, end: Math.min(size, start + RANGE_BYTES) });
    }
  }

  async #range(
    key: string,
    version: string,
    { start, end }: { start: number; end: number },
  ): Promise<Uint8Array> {
    const { client, cut, objectOf } = this.#options;
    const object = objectOf(key);
    return await this.#call(object, async () => {
      const { Body, ContentRange } = await client.send(
        new GetObjectCommand({
          ...{ Bucket: object.bucket, Key: key.slice(cut.length), VersionId: version },
          Range: `bytes=${start}-${end - 1}`,
        }),
      );
      const bytes = await Body?.transformToByteArray() ?? new Uint8Array();
      const [, first] = /^bytes (\d+)-/.exec(ContentRange ?? "") ?? [];
      if (Number(first) === start && bytes.length === end - start) return bytes;
      throw corruptionError("Another range came than was asked for", object);
    });
  }

  async #call<T>(object: S3Object, send: () => Promise<T>): Promise<T> {
    try {
      return await attempted(this.#options.patience, object, send);
    } catch (error) {
      const code = s3CodeOf(error);
      if (code !== "NotImplemented" && code !== "VersioningNotConfigured") {
        throw reportedError(error);
      }
      throw new StorageError(
        "STORAGE_UNSUPPORTED",
        `The S3 server at ${object.endpoint} keeps no versions of objects (${code})`,
        {
          context: { ...object },
          hint: "Turn versioning on at the server, or use one that has it",
        },
      );
    }
  }
}

/** Merges a page's versions and deletions, which the server returns as two lists. */
function versionsOf(page: ListObjectVersionsCommandOutput, cut: string): ObjectVersion[] {
  const listed = [
    ...(page.Versions ?? []).map((each) => ({ ...each, isDeletion: false })),
    ...(page.DeleteMarkers ?? []).map((each) => ({ ...each, Size: 0, isDeletion: true })),
  ];
  return listed.map(({ Key, VersionId, Size, LastModified, IsLatest, isDeletion }) => ({
    key: cut + (Key ?? ""),
    version: VersionId ?? "null",
    size: Size ?? 0,
    modifiedAtMs: LastModified?.getTime() ?? 0,
    isLatest: IsLatest ?? false,
    isDeletion,
  })).sort(compareVersions);
}

/** By key, newest first. */
function compareVersions(a: ObjectVersion, b: ObjectVersion): number {
  if (a.key !== b.key) return a.key < b.key ? -1 : 1;
  if (a.isLatest !== b.isLatest) return a.isLatest ? -1 : 1;
  return b.modifiedAtMs - a.modifiedAtMs;
}
