import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import type { ServerOrder } from "./code_unit_order.ts";
import { fetchHandler, type HttpHandler } from "./s3_http.ts";

/** S3 credentials. */
interface S3Keys {
  accessKey: string;
  secretKey: string;
  /** For temporary credentials. */
  sessionToken?: string;
}

/** Endpoint and credentials of an S3 server. */
interface S3Access {
  /** `https://s3.eu-central-1.amazonaws.com`, `http://127.0.0.1:3900`. */
  endpoint: string;
  /** The server's region: `eu-central-1`, `garage`, `us-east-1`. */
  region: string;
  keys: S3Keys;
  /** Re-reads rotated keys; absent = keys are static. On rejection the last ones are used. */
  readKeys?: () => Promise<S3Keys>;
  /** Age up to which keys are used without re-reading; default 5,000. */
  keysMsMax?: number;
  /** True: `endpoint/bucket/key`; false: `bucket.endpoint/key`. Default: true except for AWS. */
  pathStyle?: boolean;
  /** Timeout of one request with its body; default 60,000. */
  requestMsMax?: number;
  /** Timeout for the start of a response and between its chunks; default 10,000. */
  answerMsMax?: number;
}

/** A client and its connections. */
export interface S3Connection {
  client: S3Client;
  /** Listing order of the server that responded last; the safe assumption if unknown. */
  readonly order: ServerOrder;
  /** Closes all connections. */
  close(): void;
}

/**
 * Servers (by their `Server` header) known to list by bytes. SeaweedFS lists folder by folder;
 * others, and those behind a proxy with its own header, are unknown.
 */
const LISTS_BY_BYTES = /^(AmazonS3|MinIO|VERSITYGW)\b/;
const REQUEST_MS_MAX = 60_000;
const ANSWER_MS_MAX = 10_000;

/**
 * Sets every SDK option explicitly: unset ones are looked up in environment variables and the home
 * directory, which the services may not read.
 */
const SETTLED: S3ClientConfig & Record<string, unknown> = {
  // Retries are ours: a single backoff, and errors that describe the last attempt.
  maxAttempts: 1,
  retryMode: "standard",
  defaultsMode: "standard",
  authSchemePreference: [],
  disableClockSkewCorrection: false,
  disableMultiregionAccessPoints: true,
  disableS3ExpressSessionAuth: true,
  requestChecksumCalculation: "WHEN_REQUIRED",
  responseChecksumValidation: "WHEN_REQUIRED",
  sigv4aSigningRegionSet: [],
  useArnRegion: false,
  useDualstackEndpoint: false,
  useFipsEndpoint: false,
  userAgentAppId: "ssmd",
  defaultUserAgentProvider: () => Promise.resolve([["ssmd", "s3"]]),
};

/** Creates a client that reads neither environment variables nor user files. */
export function connectS3(access: S3Access): S3Connection {
  const handler: HttpHandler = fetchHandler({
    requestMsMax: access.requestMsMax ?? REQUEST_MS_MAX,
    answerMsMax: access.answerMsMax ?? ANSWER_MS_MAX,
  });
  let server = "";
  const client = new S3Client({
    ...SETTLED,
    endpoint: access.endpoint,
    region: access.region,
    forcePathStyle: access.pathStyle ?? !isAws(access.endpoint),
    credentials: identityOf(access),
    requestHandler: {
      ...handler,
      handle: async (request, options) => {
        const answer = await handler.handle(request, options);
        server = answer.response.headers["server"] ?? "";
        return answer;
      },
    } satisfies HttpHandler,
  });
  // They read AWS Lambda and browser variables for a header that is not needed.
  client.middlewareStack.remove("recursionDetectionMiddleware");
  client.middlewareStack.remove("getUserAgentMiddleware");
  return {
    client,
    get order() {
      return LISTS_BY_BYTES.test(server) ? "bytes" : "folders";
    },
    close: () => {
      client.destroy();
      handler.destroy();
    },
  };
}

/** The SDK refreshes an identity that expires within this time. */
const SDK_MARGIN_MS = 300_000;
const KEYS_MS_MAX = 5_000;

function identityOf(
  { keys, readKeys, keysMsMax = KEYS_MS_MAX }: S3Access,
): NonNullable<S3ClientConfig["credentials"]> {
  const identity = ({ accessKey, secretKey, sessionToken }: S3Keys) => ({
    accessKeyId: accessKey,
    secretAccessKey: secretKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
  });
  if (readKeys === undefined) return identity(keys);
  let last = keys;
  return async () => {
    // A file may be missing during rotation; the old keys may still work.
    last = await readKeys().catch(() => last);
    const expiration = new Date(Date.now() + SDK_MARGIN_MS + keysMsMax);
    return { ...identity(last), expiration };
  };
}

function isAws(endpoint: string): boolean {
  return /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname);
}
