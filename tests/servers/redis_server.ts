import { freePort } from "./free_port.ts";
import { endServer, ServerProgram } from "./program.ts";

/** redis-server on loopback without persistence. */
export interface RedisServer {
  /** `redis://127.0.0.1:{port}/0` */
  readonly url: string;
  readonly port: number;
  /** Kills it (SIGKILL) and waits until it has ended. */
  kill(): Promise<void>;
  /** Pauses it (SIGSTOP): connections stay open and unanswered until `thaw`. */
  freeze(): void;
  /** Resumes it. */
  thaw(): void;
  /** Starts it again on the same port, empty. */
  restart(): Promise<void>;
  /** Stops it. */
  stop(): Promise<void>;
}

const PROGRAM = new ServerProgram("redis-server");

/** Whether tests with a real server can run; SSMD_REQUIRE_SERVICES=1 makes a missing one a failure. */
export function redisServerAvailable(): boolean {
  return PROGRAM.isAvailable;
}

/** Starts a server, with more arguments such as `--requirepass secret`, and waits until it answers. */
export async function startRedisServer(args: readonly string[] = []): Promise<RedisServer> {
  const port = freePort();
  const launch = () =>
    PROGRAM.launch(
      { args: ["--bind", "127.0.0.1", "--port", String(port), "--save", "", ...args] },
      () => answers(port),
    );
  let child = await launch();
  return {
    url: `redis://127.0.0.1:${port}/0`,
    port,
    kill: () => endServer(child),
    freeze: () => child.kill("SIGSTOP"),
    thaw: () => child.kill("SIGCONT"),
    async restart() {
      await endServer(child);
      child = await launch();
    },
    stop: () => endServer(child),
  };
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
