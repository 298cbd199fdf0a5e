import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import type { ServerOrder } from "./code_unit_order.ts";
import { fetchHandler, type HttpHandler } from "./s3_http.ts";

/** Who asks. */
interface S3Keys {
  accessKey: string;
  secretKey: string;
  /** Of temporary credentials. */
  sessionToken?: string;
}

/** Where the buckets of an S3 are, and who asks. */
interface S3Access {
  /** `https://s3.eu-central-1.amazonaws.com`, `http://127.0.0.1:3900`. */
  endpoint: string;
  /** As the server is set up: `eu-central-1`, `garage`, `us-east-1`. */
  region: string;
  keys: S3Keys;
  /** Reads the keys from where they are now; absent = they stay. Rejects: the last ones are used. */
  readKeys?: () => Promise<S3Keys>;
  /** Age up to which keys are used without a look; default 5,000. */
  keysMsMax?: number;
  /** True: `endpoint/bucket/key`; false: `bucket.endpoint/key`. Default: true but for AWS. */
  pathStyle?: boolean;
  /** Longest time of one request with its body; default 60,000. */
  requestMsMax?: number;
  /** Longest wait for the begin of an answer and between its pieces; default 10,000. */
  answerMsMax?: number;
}

/** A client and its connections. */
export interface S3Connection {
  client: S3Client;
  /** How the server that answered last sorts a list; the careful guess where it is not known. */
  readonly order: ServerOrder;
  /** Ends all connections. */
  close(): void;
}

/**
 * Servers, by how they name themselves in answers, that are known to list by bytes. SeaweedFS lists
 * folder by folder; of others, and of those behind a proxy with a name of its own, it is not known.
 */
const LISTS_BY_BYTES = /^(AmazonS3|MinIO|VERSITYGW)\b/;
const REQUEST_MS_MAX = 60_000;
const ANSWER_MS_MAX = 10_000;

/**
 * Nothing of the SDK's own configuration is left open: each of these would be looked up in the
 * process's variables and in the user's home, which the services may not read.
 */
const SETTLED: S3ClientConfig & Record<string, unknown> = {
  // Retries are ours: one backoff for everything, and errors that tell of the last try.
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

/** Makes a client that reads neither variables nor files of the user. */
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
  // They look at variables of AWS Lambda and of the browser for a header that nobody needs.
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

/** The SDK asks for an identity again when it has less than this before it ends. */
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
    // In the middle of a rotation a file may be away: the old keys may still do.
    last = await readKeys().catch(() => last);
    const expiration = new Date(Date.now() + SDK_MARGIN_MS + keysMsMax);
    return { ...identity(last), expiration };
  };
}

function isAws(endpoint: string): boolean {
  return /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname);
}
