import { setTimeout as delay } from "node:timers/promises";
import { endProcess } from "@ssmd/runtime";
import { freePort } from "./free_port.ts";

/** A Temporal server of our own on loopback, whose state outlives it in a file. */
export interface TemporalServer extends AsyncDisposable {
  /** `127.0.0.1:{port}` */
  readonly address: string;
  /** Kills it as a power cut would kill the process (SIGKILL), and waits until it is gone. */
  kill(): Promise<void>;
  /** Starts it on the same ports and file. */
  start(): Promise<void>;
}

/** Version of Temporal's command line that tests run against; `.ci/run` builds it. */
const TEMPORAL_VERSION = "1.5.1";
const CACHE = Deno.env.get("SSMD_CI_DIR") ?? `${Deno.env.get("HOME")}/.cache/ssmd-ci`;
const PROGRAMS = [`${CACHE}/temporal-${TEMPORAL_VERSION}/temporal`, "temporal"];
const START_MS_MAX = 120_000;

let program: string | undefined;

function temporalProgram(): string | undefined {
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
export function temporalServerAvailable(): boolean {
  return Deno.env.get("SSMD_REQUIRE_SERVICES") === "1" || temporalProgram() !== undefined;
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
  let child = await launch(args, address);
  return {
    address,
    kill: () => end(child),
    start: async () => void (child = await launch(args, address)),
    [Symbol.asyncDispose]: async () => {
      await end(child);
      await Deno.remove(dir, { recursive: true });
    },
  };
}

async function launch(args: string[], address: string): Promise<Deno.ChildProcess> {
  const path = temporalProgram();
  if (path === undefined) throw new Deno.errors.NotFound("temporal is not installed here");
  // Its SQLite asks who runs it.
  const child = new Deno.Command(path, {
    args,
    env: { USER: "tests" },
    stdout: "null",
    stderr: "null",
  })
    .spawn();
  const deadlineMs = Date.now() + START_MS_MAX;
  while (!await isServing(path, address)) {
    if (Date.now() > deadlineMs) {
      await end(child);
      throw new Deno.errors.TimedOut(`temporal did not answer on ${address}`);
    }
    await delay(50);
  }
  return child;
}

/** Whether it serves and has the namespace, which comes last. */
async function isServing(path: string, address: string): Promise<boolean> {
  const args = ["operator", "namespace", "describe", "-n", "default", "--address", address];
  const { success } = await new Deno.Command(path, { args, stdout: "null", stderr: "null" })
    .output();
  return success;
}

async function end(child: Deno.ChildProcess): Promise<void> {
  try {
    endProcess(child, "SIGKILL");
  } catch {
    // It has ended already.
  }
  await child.status;
}
