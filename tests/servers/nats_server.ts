import { setTimeout as delay } from "node:timers/promises";
import { endProcess } from "@ssmd/runtime";
import { freePort } from "./free_port.ts";

/** A nats-server of our own on loopback, with JetStream. */
export interface NatsServer {
  /** `nats://127.0.0.1:{port}` */
  readonly url: string;
  readonly port: number;
  /** The folder JetStream keeps its files in. */
  readonly storeDir: string;
  /** Kills it as a power cut would kill the process (SIGKILL), and waits until it is gone. */
  kill(): Promise<void>;
  /** Stops it (SIGSTOP): its connections stay open, and nothing is answered until `thaw`. */
  freeze(): void;
  /** Lets it go on. */
  thaw(): void;
  /** Starts it again on the same port and files. */
  restart(): Promise<void>;
  /** Ends it and removes the folder, unless the caller gave it. */
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
  /** More arguments, as `--user a --pass b`. */
  args?: string[];
}

const PROGRAMS = ["nats-server", "/usr/sbin/nats-server"];
const START_MS_MAX = 120_000;

let program: string | undefined;

/** The program, or undefined when there is none here. */
export function natsServerProgram(): string | undefined {
  program ??= PROGRAMS.find((candidate) => {
    try {
      return new Deno.Command(candidate, { args: ["--version"] }).outputSync().success;
    } catch {
      return false;
    }
  });
  return program;
}

/** Whether tests with a real server can run; SSMD_REQUIRE_SERVICES=1 makes a missing one a failure. */
export function natsServerAvailable(): boolean {
  return natsServerProgram() !== undefined || Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";
}

/** Starts a server and waits until it answers. */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const port = options.port ?? freePort();
  const storeDir = options.storeDir ?? await Deno.makeTempDir({ prefix: "ssmd-nats-" });
  const args = ["--addr", "127.0.0.1", "--port", String(port), ...(options.args ?? [])];
  if (options.jetStream !== false) args.push("--jetstream", "--store_dir", storeDir);
  let child = await launch(args, port);
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    storeDir,
    async kill() {
      await end(child, "SIGKILL");
    },
    freeze: () => child.kill("SIGSTOP"),
    thaw: () => child.kill("SIGCONT"),
    async restart() {
      await end(child, "SIGKILL");
      child = await launch(args, port);
    },
    async stop() {
      await end(child, "SIGTERM");
      if (options.storeDir === undefined) await Deno.remove(storeDir, { recursive: true });
    },
  };
}

async function launch(args: string[], port: number): Promise<Deno.ChildProcess> {
  const path = natsServerProgram();
  if (path === undefined) throw new Deno.errors.NotFound("nats-server is not installed here");
  const child = new Deno.Command(path, { args, stdout: "null", stderr: "null" }).spawn();
  const deadlineMs = Date.now() + START_MS_MAX;
  while (!await answers(port)) {
    if (Date.now() > deadlineMs) {
      await end(child, "SIGKILL");
      throw new Deno.errors.TimedOut(`nats-server did not answer on port ${port}`);
    }
    await delay(20);
  }
  return child;
}

/** A server greets with INFO, once JetStream has read its files. */
async function answers(port: number): Promise<boolean> {
  try {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    return await connection.read(new Uint8Array(64)) !== null;
  } catch {
    return false;
  }
}

async function end(child: Deno.ChildProcess, signal: Deno.Signal): Promise<void> {
  try {
    endProcess(child, signal);
  } catch {
    // It has ended already.
  }
  await child.status;
}
