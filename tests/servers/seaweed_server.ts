import {
  BucketAlreadyOwnedByYou,
  CreateBucketCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { freePort } from "./free_port.ts";
import { endServer, ServerProgram } from "./program.ts";
import type { S3Server } from "./s3_server.ts";

/** SeaweedFS on loopback: an S3 server that lists folder by folder. */
export type SeaweedServer = Omit<S3Server, "dir" | "kill" | "restart">;

/** Version of SeaweedFS that tests run against; `.ci/run` installs it. */
const SEAWEEDFS_VERSION = "4.48";
const CACHE = Deno.env.get("SSMD_CI_DIR") ?? `${Deno.env.get("HOME")}/.cache/ssmd-ci`;
const PROGRAM = new ServerProgram(`${CACHE}/seaweedfs-${SEAWEEDFS_VERSION}/weed`, "weed");
const REGION = "us-east-1";
const CREDENTIALS = { access_key: "ssmd-tests", secret_key: "a-secret-of-the-tests" };

/** Whether tests with it can run; SSMD_REQUIRE_SERVICES=1 makes a missing one a failure. */
export function seaweedServerAvailable(): boolean {
  return PROGRAM.isAvailable;
}

/** Starts a server with these buckets and waits until it accepts objects. */
export async function startSeaweedServer(buckets: readonly string[] = []): Promise<SeaweedServer> {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-seaweed-" });
  const port = freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  await Deno.writeTextFile(`${dir}/s3.json`, JSON.stringify({ identities: [ADMINISTRATOR] }));
  const child = await PROGRAM.launch({ args: argumentsOf(dir, port) }, () => isReady(endpoint));
  const makeBucket = (name: string) =>
    withClient(endpoint, async (client) => {
      await client.send(new CreateBucketCommand({ Bucket: name }));
    });
  for (const name of buckets) await makeBucket(name);
  return {
    ...{ endpoint, port, region: REGION, credentials: CREDENTIALS, makeBucket },
    async stop() {
      // A graceful stop takes 25 s.
      await endServer(child);
      await Deno.remove(dir, { recursive: true });
    },
  };
}

const ADMINISTRATOR = {
  name: "tests",
  credentials: [{ accessKey: CREDENTIALS.access_key, secretKey: CREDENTIALS.secret_key }],
  actions: ["Admin", "Read", "Write", "List", "Tagging"],
};

/** Its listening components; each uses one port for HTTP and one for gRPC. */
const PARTS = ["master", "volume", "filer", "s3"] as const;

function argumentsOf(dir: string, port: number): string[] {
  const ports = PARTS.flatMap((part) => [
    `-${part}.port=${part === "s3" ? port : freePort()}`,
    `-${part}.port.grpc=${freePort()}`,
  ]);
  return [
    // Else it writes its log into the system's temporary folder.
    "-logtostderr",
    "server",
    ...[`-dir=${dir}`, "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false"],
    // Each bucket allocates its own volumes; without space for them each put fails.
    ...["-volume.max=300", "-master.volumeSizeLimitMB=64", "-filer", ...ports],
    ...["-s3", `-s3.config=${dir}/s3.json`, "-s3.autoCreateBucket=false"],
    ...["-s3.port.iceberg=0", "-s3.port.lance=0"],
  ];
}

/** A bucket that tests do not use. */
const FIRST_BUCKET = "is-ready";

/** Its components connect one after another: it is ready when it accepts an object. */
async function isReady(endpoint: string): Promise<boolean> {
  try {
    await withClient(endpoint, async (client) => {
      await client.send(new CreateBucketCommand({ Bucket: FIRST_BUCKET })).catch((error) => {
        // From the question before.
        if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
      });
      await client.send(new PutObjectCommand({ Bucket: FIRST_BUCKET, Key: "a", Body: "b" }));
    });
    return true;
  } catch {
    return false;
  }
}

async function withClient(
  endpoint: string,
  act: (client: S3Client) => Promise<void>,
): Promise<void> {
  const { access_key: accessKeyId, secret_key: secretAccessKey } = CREDENTIALS;
  const client = new S3Client({
    ...{ endpoint, region: REGION, forcePathStyle: true, maxAttempts: 1 },
    credentials: { accessKeyId, secretAccessKey },
  });
  try {
    await act(client);
  } finally {
    client.destroy();
  }
}
