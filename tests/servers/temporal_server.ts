import { freePort } from "./free_port.ts";
import { endServer, ServerProgram } from "./program.ts";

/** Temporal server on loopback with its state in a file. */
export interface TemporalServer extends AsyncDisposable {
  /** `127.0.0.1:{port}` */
  readonly address: string;
  /** Kills it with SIGKILL, as a power cut would, and waits until it has ended. */
  kill(): Promise<void>;
  /** Starts it on the same ports and file. */
  start(): Promise<void>;
}

/** Version of Temporal's command line that tests run against; `.ci/run` builds it. */
const TEMPORAL_VERSION = "1.5.1";
const CACHE = Deno.env.get("SSMD_CI_DIR") ?? `${Deno.env.get("HOME")}/.cache/ssmd-ci`;
const PROGRAM = new ServerProgram(`${CACHE}/temporal-${TEMPORAL_VERSION}/temporal`, "temporal");

/** Whether tests with a real server can run; SSMD_REQUIRE_SERVICES=1 makes a missing one a failure. */
export function temporalServerAvailable(): boolean {
  return PROGRAM.isAvailable;
}

/** Starts a server, with more namespaces than `default`, and waits until it answers. */
export async function startTemporalServer(
  namespaces: readonly string[] = [],
): Promise<TemporalServer> {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-temporal-" });
  const ports = { port: freePort(), "http-port": freePort(), "metrics-port": freePort() };
  const address = `127.0.0.1:${ports.port}`;
  const args = [
    ...["server", "start-dev", "--headless", "--ip", "127.0.0.1", "--log-level", "error"],
    ...Object.entries(ports).flatMap(([name, port]) => [`--${name}`, String(port)]),
    ...["--db-filename", `${dir}/temporal.db`],
    ...namespaces.flatMap((name) => ["--namespace", name]),
  ];
  // Its SQLite looks up the current user.
  const env = { USER: "tests" };
  const launch = () => PROGRAM.launch({ args, env }, (path) => isServing(path, address));
  let child = await launch();
  return {
    address,
    kill: () => endServer(child),
    start: async () => void (child = await launch()),
    [Symbol.asyncDispose]: async () => {
      await endServer(child);
      await Deno.remove(dir, { recursive: true });
    },
  };
}

/** Whether it serves and has the namespace, which comes last. */
async function isServing(path: string, address: string): Promise<boolean> {
  const args = ["operator", "namespace", "describe", "-n", "default", "--address", address];
  const { success } = await new Deno.Command(path, { args, stdout: "null", stderr: "null" })
    .output();
  return success;
}
