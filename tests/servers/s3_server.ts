import { freePort } from "./free_port.ts";
import { endServer, ServerProgram } from "./program.ts";

/** S3 server on loopback that verifies signatures. */
export interface S3Server {
  /** `http://127.0.0.1:{port}` */
  readonly endpoint: string;
  readonly port: number;
  /** As the server wants it. */
  readonly region: string;
  readonly credentials: { access_key: string; secret_key: string };
  /** The folder that holds a folder for each bucket. */
  readonly dir: string;
  /** Creates a bucket, before or while the server runs. */
  makeBucket(name: string): Promise<void>;
  /** Kills it with SIGKILL, as a power cut would, and waits until it has ended. */
  kill(): Promise<void>;
  /** Starts it again on the same port and files. */
  restart(): Promise<void>;
  /** Stops it and removes the folder. */
  stop(): Promise<void>;
}

/** Options of {@linkcode startS3Server}. */
export interface S3ServerOptions {
  /** Buckets created before it starts. */
  buckets?: string[];
  /** Domain of virtual-host addresses, `bucket.{domain}`; the server then accepts no others. */
  virtualDomain?: string;
  /** Files of a certificate and its key, for https. */
  tls?: { certificatePath: string; privateKeyPath: string };
  /** Lets buckets keep versions of objects, once that is enabled for them. */
  versioning?: boolean;
  /** False = closes the connection after each answer, as a fault proxy requires. */
  keepAlive?: boolean;
}

/** Version of versitygw that tests run against; `.ci/run` installs it. */
export const VERSITYGW_VERSION = "1.8.0";

const CACHE = Deno.env.get("SSMD_CI_DIR") ?? `${Deno.env.get("HOME")}/.cache/ssmd-ci`;
const PROGRAM = new ServerProgram(
  `${CACHE}/versitygw-${VERSITYGW_VERSION}/versitygw`,
  "versitygw",
);
const REGION = "us-east-1";
const CREDENTIALS = { access_key: "ssmd-tests", secret_key: "a-secret-of-the-tests" };

/** The program; undefined when not installed. */
export function s3ServerProgram(): string | undefined {
  return PROGRAM.path;
}

/** Whether tests with a real server can run; SSMD_REQUIRE_SERVICES=1 makes a missing one a failure. */
export function s3ServerAvailable(): boolean {
  return PROGRAM.isAvailable;
}

/** Starts a server and waits until it answers. */
export async function startS3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-s3-" });
  const port = freePort();
  const makeBucket = (name: string) => Deno.mkdir(`${dir}/${name}`);
  for (const name of options.buckets ?? []) await makeBucket(name);
  const args = ["--port", `127.0.0.1:${port}`, "--region", REGION, "--quiet"];
  args.push("--health", "/health");
  if (options.keepAlive !== false) args.push("--keep-alive");
  if (options.virtualDomain !== undefined) args.push("--virtual-domain", options.virtualDomain);
  const { tls } = options;
  if (tls !== undefined) args.push("--cert", tls.certificatePath, "--key", tls.privateKeyPath);
  const versionsDir = options.versioning
    ? await Deno.makeTempDir({ prefix: "ssmd-s3-" })
    : undefined;
  args.push("posix", ...(versionsDir === undefined ? [] : ["--versioning-dir", versionsDir]), dir);
  // Not on the command line, where every user of the machine could read them.
  const env = { ROOT_ACCESS_KEY: CREDENTIALS.access_key, ROOT_SECRET_KEY: CREDENTIALS.secret_key };
  const launch = () => PROGRAM.launch({ args, env }, () => answers(port, tls !== undefined));
  let child = await launch();
  return {
    endpoint: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    port,
    region: REGION,
    credentials: CREDENTIALS,
    dir,
    makeBucket,
    async kill() {
      await endServer(child);
    },
    async restart() {
      await endServer(child);
      child = await launch();
    },
    async stop() {
      await endServer(child, "SIGTERM");
      for (const each of [dir, versionsDir ?? []].flat()) {
        await Deno.remove(each, { recursive: true });
      }
    },
  };
}

async function answers(port: number, isTls: boolean): Promise<boolean> {
  try {
    if (isTls) {
      // The test verifies whether its certificate is trusted.
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return true;
    }
    const response = await fetch(`http://127.0.0.1:${port}/health`);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
