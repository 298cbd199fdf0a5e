import { ConfigError } from "@ssmd/runtime";
import { storageByPrefix } from "./bucket_map.ts";
import { S3Bucket, type S3BucketOptions } from "./s3_bucket.ts";
import { connectS3 } from "./s3_client.ts";
import type { TryListener } from "./s3_calls.ts";
import type { S3Config } from "./s3_config.ts";
import type { Storage } from "./storage.ts";

const MIB = 1024 * 1024;

/** Settings besides the configuration; tests use small and fast ones. */
export type S3Tuning = Partial<
  Pick<
    S3BucketOptions,
    "partBytes" | "wholeBytesMax" | "concurrency" | "attemptsMax" | "firstWaitMs"
  > & { requestMsMax: number; answerMsMax: number; keysMsMax: number }
>;

const TUNING = {
  partBytes: 8 * MIB,
  wholeBytesMax: 16 * MIB,
  concurrency: 3,
  attemptsMax: 6,
  firstWaitMs: 100,
};

/**
 * Objects in buckets of an S3 server: AWS, MinIO, SeaweedFS, versitygw and the like. With two
 * buckets, `raw/…` is in one and `normalized/…` in the other, without that first part, and
 * `audit/…` is in the latter; with a single bucket, keys are stored unchanged. The first call sends
 * the first request. Throws ConfigError `STORAGE_CREDENTIALS_MISSING` and
 * `STORAGE_ENDPOINT_INVALID`.
 */
export function s3Storage(
  config: S3Config,
  tuning: S3Tuning = {},
  tries?: TryListener,
): Storage {
  const { buckets } = config;
  const bucketOf = (bucket: string, cut: string) =>
    openBucket(config, { bucket, cut }, { tuning, tries });
  if (buckets.raw === buckets.normalized) return bucketOf(buckets.raw, "");
  return storageByPrefix({
    "raw/": bucketOf(buckets.raw, "raw/"),
    "normalized/": bucketOf(buckets.normalized, "normalized/"),
    "audit/": bucketOf(buckets.normalized, ""),
  });
}

function openBucket(
  config: S3Config,
  prefix: { bucket: string; cut: string },
  { tuning, tries }: { tuning: S3Tuning; tries: TryListener | undefined },
): S3Bucket {
  const { endpoint, region, pathStyle, readCredentials } = config;
  const { requestMsMax, answerMsMax, keysMsMax, ...given } = tuning;
  assertEndpoint(endpoint);
  const connection = connectS3({
    ...{ endpoint, region, keys: keysOf(config) },
    ...(readCredentials === undefined ? {} : {
      readKeys: async () => keysOf({ endpoint, credentials: await readCredentials() }),
    }),
    ...(pathStyle === undefined ? {} : { pathStyle }),
    ...(requestMsMax === undefined ? {} : { requestMsMax }),
    ...(answerMsMax === undefined ? {} : { answerMsMax }),
    ...(keysMsMax === undefined ? {} : { keysMsMax }),
  });
  return new S3Bucket({
    ...{ ...TUNING, ...given, ...prefix, connection, endpoint, region },
    ...(tries === undefined ? {} : { tries }),
  });
}

function keysOf({ credentials = {}, endpoint }: Pick<S3Config, "credentials" | "endpoint">) {
  const { access_key: accessKey, secret_key: secretKey, session_token: sessionToken } = credentials;
  if (accessKey && secretKey) {
    return { accessKey, secretKey, ...(sessionToken ? { sessionToken } : {}) };
  }
  throw new ConfigError(
    "STORAGE_CREDENTIALS_MISSING",
    `The storage at ${endpoint} needs an access_key and a secret_key`,
    { hint: "Give both under storage.credentials as references $key:name.field" },
  );
}

function assertEndpoint(endpoint: string): void {
  const url = URL.parse(endpoint);
  const isValid = url !== null && /^https?:$/.test(url.protocol) &&
    url.username === "" && url.password === "";
  if (isValid) return;
  throw new ConfigError("STORAGE_ENDPOINT_INVALID", "The storage's endpoint is no web address", {
    hint: "It looks like https://s3.eu-central-1.amazonaws.com, without credentials",
  });
}
