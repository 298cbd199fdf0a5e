import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "./free_port.ts";
import { endServer } from "./program.ts";

/** Prometheus server on loopback. */
export interface Prometheus extends AsyncDisposable {
  readonly url: string;
  /** Evaluates an expression now; returns its samples. Throws with Prometheus' message for an invalid one. */
  query(expression: string): Promise<Sample[]>;
}

/** A sample of an instant vector. */
export interface Sample {
  labels: Record<string, string>;
  value: number;
}

const PROGRAM = "prometheus";
const START_MS_MAX = 120_000;

/** Whether its programs are installed; SSMD_REQUIRE_SERVICES=1 makes missing ones a failure. */
export function prometheusAvailable(): boolean {
  if (Deno.env.get("SSMD_REQUIRE_SERVICES") === "1") return true;
  try {
    return [PROGRAM, "promtool"].every((program) =>
      new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" })
        .outputSync().success
    );
  } catch {
    return false;
  }
}

/** Starts a server with its own folder and this `config`, in YAML or JSON. */
export async function startPrometheus(folder: string, config: string): Promise<Prometheus> {
  await Deno.writeTextFile(`${folder}/prometheus.yaml`, config);
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = new Deno.Command(PROGRAM, {
    args: [
      `--config.file=${folder}/prometheus.yaml`,
      `--storage.tsdb.path=${folder}/tsdb`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=error",
    ],
    stdout: "null",
  }).spawn();
  const stop = () => endServer(child);
  const deadlineMs = Date.now() + START_MS_MAX;
  while (!await isReady(url)) {
    if (Date.now() > deadlineMs) {
      await stop();
      throw new Deno.errors.TimedOut(`prometheus did not answer on port ${port}`);
    }
    await delay(50);
  }
  return { url, query: (expression) => query(url, expression), [Symbol.asyncDispose]: stop };
}

async function query(url: string, expression: string): Promise<Sample[]> {
  const answer = await fetch(`${url}/api/v1/query`, {
    method: "POST",
    body: new URLSearchParams({ query: expression }),
  });
  const { status, error, data } = await answer.json();
  if (status !== "success") throw new Error(`${expression}: ${error}`);
  return data.result.map(
    ({ metric, value }: { metric: Record<string, string>; value: [number, string] }) => ({
      labels: metric,
      value: Number(value[1]),
    }),
  );
}

async function isReady(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/-/ready`);
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}
