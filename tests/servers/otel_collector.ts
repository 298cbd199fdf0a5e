import { freePort } from "./free_port.ts";
import { endServer, ServerProgram } from "./program.ts";

/** A real OpenTelemetry collector on loopback that forwards what it receives. */
export interface OtelCollector extends AsyncDisposable {
  /** Variables with which a program of ours sends its traces here, in the protocol's own form. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Version of the collector that tests run against; `.ci/run` builds it. */
const OTELCOL_VERSION = "0.165.0";
const CACHE = Deno.env.get("SSMD_CI_DIR") ?? `${Deno.env.get("HOME")}/.cache/ssmd-ci`;
const PROGRAM = new ServerProgram(`${CACHE}/otelcol-${OTELCOL_VERSION}/otelcol`);

/** Whether tests with it can run; SSMD_REQUIRE_SERVICES=1 makes a missing one a failure. */
export function otelCollectorAvailable(): boolean {
  return PROGRAM.isAvailable;
}

/** Starts one that forwards traces to `endpoint`, OTLP over HTTP in JSON. */
export async function startOtelCollector(endpoint: string): Promise<OtelCollector> {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-otelcol-" });
  const port = freePort();
  const config = {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    exporters: { otlphttp: { endpoint, encoding: "json", compression: "none" } },
    service: {
      pipelines: { traces: { receivers: ["otlp"], exporters: ["otlphttp"] } },
      // Else it listens for its own telemetry.
      telemetry: { metrics: { level: "none" } },
    },
  };
  await Deno.writeTextFile(`${dir}/config.yaml`, JSON.stringify(config));
  const url = `http://127.0.0.1:${port}`;
  const child = await PROGRAM.launch(
    { args: [`--config=${dir}/config.yaml`] },
    () => takesTraces(url),
  );
  return {
    variables: { OTEL_DENO: "true", OTEL_EXPORTER_OTLP_ENDPOINT: url },
    async [Symbol.asyncDispose]() {
      await endServer(child);
      await Deno.remove(dir, { recursive: true });
    },
  };
}

async function takesTraces(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/v1/traces`, {
      ...{ method: "POST", body: "{}", headers: { "content-type": "application/json" } },
    });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}
