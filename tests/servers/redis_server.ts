import { setTimeout as delay } from "node:timers/promises";
import { endProcess } from "@ssmd/runtime";
import { freePort } from "./free_port.ts";

/** A redis-server of our own on loopback, which keeps nothing on disk. */
export interface RedisServer {
  /** `redis://127.0.0.1:{port}/0` */
  readonly url: string;
  readonly port: number;
  /** Kills it (SIGKILL), and waits until it is gone. */
  kill(): Promise<void>;
  /** Stops it (SIGSTOP): its connections stay open, and nothing is answered until `thaw`. */
  freeze(): void;
  /** Lets it go on. */
  thaw(): void;
  /** Starts it again on the same port, empty. */
  restart(): Promise<void>;
  /** Ends it. */
  stop(): Promise<void>;
}

const PROGRAM = "redis-server";
const START_MS_MAX = 120_000;

let available: boolean | undefined;

/** Whether tests with a real server can run; SSMD_REQUIRE_SERVICES=1 makes a missing one a failure. */
export function redisServerAvailable(): boolean {
  if (Deno.env.get("SSMD_REQUIRE_SERVICES") === "1") return true;
  try {
    available ??= new Deno.Command(PROGRAM, { args: ["--version"] }).outputSync().success;
  } catch {
    available = false;
  }
  return available;
}

/** Starts a server, with more arguments as `--requirepass secret`, and waits until it answers. */
export async function startRedisServer(args: readonly string[] = []): Promise<RedisServer> {
  const port = freePort();
  let child = await launch(port, args);
  return {
    url: `redis://127.0.0.1:${port}/0`,
    port,
    kill: () => end(child),
    freeze: () => child.kill("SIGSTOP"),
    thaw: () => child.kill("SIGCONT"),
    async restart() {
      await end(child);
      child = await launch(port, args);
    },
    stop: () => end(child),
  };
}

async function launch(port: number, args: readonly string[]): Promise<Deno.ChildProcess> {
  const child = new Deno.Command(PROGRAM, {
    args: ["--bind", "127.0.0.1", "--port", String(port), "--save", "", ...args],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const deadlineMs = Date.now() + START_MS_MAX;
  while (!await answers(port)) {
    if (Date.now() > deadlineMs) {
      await end(child);
      throw new Deno.errors.TimedOut(`redis-server did not answer on port ${port}`);
    }
    await delay(20);
  }
  return child;
}

async function answers(port: number): Promise<boolean> {
  try {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(new TextEncoder().encode("PING\r\n"));
    return await connection.read(new Uint8Array(64)) !== null;
  } catch {
    return false;
  }
}

async function end(child: Deno.ChildProcess): Promise<void> {
  try {
    endProcess(child);
  } catch {
    // It has ended already.
  }
  await child.status;
}
