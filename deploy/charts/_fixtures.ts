import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import type { Project } from "../../cli/testing/project.ts";

export const CHART = new URL("./ssmd/", import.meta.url).pathname;

/** Runs a program to completion. */
export async function run(program: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(program, { args }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** An edited environment file with the chart flags of its cluster. */
interface Case {
  from: string;
  change: (text: string) => string;
  flags: string[];
}

/** Makes the demo runnable in a cluster, as one process. */
function oneBox(text: string): string {
  return text.replace(/host: 127\.0\.0\.1/, "host: 0.0.0.0, open_to_network: true");
}

function cluster(text: string): string {
  return text.replace(/^simulator:.*\n/m, "");
}

const MESH = ["--set", "istio.enabled=true", "--set-json", 'istio.clients=["x/ns/web/sa/desk"]'];
const LIMITED = ["--set", "istio.tokens=true,istio.rateLimit.requestsPerSecond=50"];
const ISSUER = "issuer: https://id.example/realms/md, jwks_url: https://id.example/keys";
const DATABASE = "url: postgres://db.lan/ssmd, tls: { ca: /var/run/secrets/ssmd/db-tls/ca.pem }";
const COLLECTOR = "http://collector.monitoring:4318";

/** The environments of the chart tests. */
export const CASES: Readonly<Record<string, Case>> = {
  "one box": { from: "demo", change: oneBox, flags: [] },
  "two shards": { from: "cluster", change: cluster, flags: [] },
  "mesh on": { from: "cluster", change: cluster, flags: MESH },
  "mesh off, watched and scaled": {
    from: "cluster",
    change: cluster,
    flags: [
      "--set",
      `monitoring.enabled=true,gateway.autoscaling.enabled=true,traces.endpoint=${COLLECTOR}`,
    ],
  },
  "agents, no signals, keys of clients": {
    from: "cluster",
    change: (text) =>
      cluster(text).replace(/^signals:\n.*\n/m, "agents: { model: { type: scripted } }\n")
        .replace(/auth: open.*}/, `auth: required, clients: { type: postgres, ${DATABASE} } }`),
    flags: ["--set", "networkPolicy.enabled=false"],
  },
  // Last, as each case edits the file of the one before.
  "mesh on, tokens and a rate": {
    from: "cluster",
    change: (text) =>
      cluster(text).replace(/auth: \w+.*}/, `auth: required, oidc: { ${ISSUER}, audience: md } }`),
    flags: [...MESH, ...LIMITED],
  },
};

/** Renders an environment as a user does; returns the values file. */
export async function render(project: Project, { from, change }: Case): Promise<string> {
  const file = `${project.dir}/exchanges/environments/${from}.yaml`;
  await Deno.writeTextFile(file, change(await Deno.readTextFile(file)));
  const { code, stderr } = await project.sh(`ssmd env render ${from}`);
  assert.equal(code, 0, stderr);
  return `${project.dir}/deploy/environments/${from}/values.yaml`;
}

/** Helm built from the module proxy knows no Kubernetes version. */
export const TEMPLATE = ["template", "md", CHART, "--kube-version", "1.36.0"] as const;

/** Renders the chart with an environment's values. */
export async function template(values: string, flags: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run("helm", ...TEMPLATE, "-f", values, ...flags);
  assert.equal(code, 0, stderr);
  return stdout;
}

/** The tested part of a Kubernetes object. */
export interface Manifest {
  kind: string;
  metadata: { name: string };
  // deno-lint-ignore no-explicit-any -- each kind of object has a form of its own
  spec: any;
}

/** Parses the rendered objects. */
export function manifestsIn(text: string): Manifest[] {
  return parseAllDocuments(text).map((each) => (each as { toJS(): Manifest }).toJS())
    .filter((each) => each !== null);
}
