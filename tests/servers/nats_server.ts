import { freePort } from "./free_port.ts";
import { endServer, ServerProgram } from "./program.ts";

/** A nats-server on loopback, with JetStream. */
export interface NatsServer {
  /** `nats://127.0.0.1:{port}` */
  readonly url: string;
  readonly port: number;
  /** Of its process; another one after `restart`. */
  readonly pid: number;
  /** The folder JetStream keeps its files in. */
  readonly storeDir: string;
  /** Kills it with SIGKILL, as a power cut would, and waits until it has ended. */
  kill(): Promise<void>;
  /** Pauses it (SIGSTOP): connections stay open and unanswered until `thaw`. */
  freeze(): void;
  /** Resumes it. */
  thaw(): void;
  /** Starts it again on the same port and files. */
  restart(): Promise<void>;
  /** Stops it and removes the folder unless the caller gave it. */
  stop(): Promise<void>;
}

/** Options of {@linkcode startNatsServer}. */
export interface NatsServerOptions {
  /** Default: a free one. */
  port?: number;
  /** Default: a temporary folder, removed by `stop`. */
  storeDir?: string;
  /** False starts it without JetStream. */
  jetStream?: boolean;
  /** More arguments: `--user a --pass b`. */
  args?: string[];
}

const PROGRAM = new ServerProgram("nats-server", "/usr/sbin/nats-server");

/** The program; undefined when not installed. */
export function natsServerProgram(): string | undefined {
  return PROGRAM.path;
}

/** Whether tests with a real server can run; SSMD_REQUIRE_SERVICES=1 makes a missing one a failure. */
export function natsServerAvailable(): boolean {
  return PROGRAM.isAvailable;
}

/** Starts a server and waits until it answers. */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const port = options.port ?? freePort();
  const storeDir = options.storeDir ?? await Deno.makeTempDir({ prefix: "ssmd-nats-" });
  const args = ["--addr", "127.0.0.1", "--port", String(port), ...(options.args ?? [])];
  if (options.jetStream !== false) args.push("--jetstream", "--store_dir", storeDir);
  const launch = () => PROGRAM.launch({ args }, () => answers(port));
  let child = await launch();
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    get pid() {
      return child.pid;
    },
    storeDir,
    async kill() {
      await endServer(child);
    },
    freeze: () => child.kill("SIGSTOP"),
    thaw: () => child.kill("SIGCONT"),
    async restart() {
      await endServer(child);
      child = await launch();
    },
    async stop() {
      await endServer(child, "SIGTERM");
      if (options.storeDir === undefined) await Deno.remove(storeDir, { recursive: true });
    },
  };
}

/** A server sends INFO once JetStream has read its files. */
async function answers(port: number): Promise<boolean> {
  try {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    return await connection.read(new Uint8Array(64)) !== null;
  } catch {
    return false;
  }
}
