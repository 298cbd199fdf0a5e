import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { hasProgram } from "../../tests/servers/certificates.ts";
import { makeProject, type Project } from "../../cli/testing/project.ts";

const CHART = new URL("./ssmd/", import.meta.url).pathname;
const CRDS = new URL("../testdata/crds/", import.meta.url).pathname;
/** Schemas of Kubernetes itself, in a Python package. */
const CORE = "kubernetes_validate/kubernetes-json-schema/v1.36.0-local-strict";
const REQUIRED = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";
const REAL = {
  ignore: !REQUIRED && !(await hasProgram("helm", "version") && await hasProgram("kubeconform", "-v")),
};

/** What a test reads of an object of Kubernetes. */
interface Manifest {
  kind: string;
  metadata: { name: string };
  // deno-lint-ignore no-explicit-any -- each kind of object has a form of its own
  spec: any;
}

async function run(program: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(program, { args }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** Schemas as kubeconform finds them: references by file, not by a server's path. */
async function writeCoreSchemas(dir: string): Promise<void> {
  const paths = (Deno.env.get("PYTHONPATH") ?? "").split(":").map((path) => `${path}/${CORE}`);
  const found = paths.find((path) => {
    try {
      return Deno.statSync(path).isDirectory;
    } catch {
      return false;
    }
  });
  assert.ok(found, "the Python package kubernetes-validate is not installed");
  const kinds =
    /^(_definitions|(deployment|statefulset)-apps|(configmap|service|serviceaccount)|poddisruptionbudget-policy|networkpolicy-networking|horizontalpodautoscaler-autoscaling)(-v\d)?\.json$/;
  for await (const { name } of Deno.readDir(found)) {
    if (!kinds.test(name)) continue;
    const { $id: _, ...schema } = JSON.parse(await Deno.readTextFile(`${found}/${name}`));
    const text = JSON.stringify(schema).replaceAll("/api/_definitions.json", "_definitions.json");
    await Deno.writeTextFile(`${dir}/${name}`, text);
  }
}

/** An environment's file with some text exchanged, and the flags that its cluster gives the chart. */
interface Case {
  from: string;
  change: (text: string) => string;
  flags: string[];
}

/** A demo that a cluster can run: one process. */
function oneBox(text: string): string {
  return text.replace(/host: 127\.0\.0\.1/, "host: 0.0.0.0, open_to_network: true");
}

function cluster(text: string): string {
  return text.replace(/^simulator:.*\n/m, "");
}

const MESH = ["--set", "istio.enabled=true", "--set-json", 'istio.clients=["x/ns/web/sa/desk"]'];
const CASES: Readonly<Record<string, Case>> = {
  "one box": { from: "demo", change: oneBox, flags: [] },
  "two shards": { from: "cluster", change: cluster, flags: [] },
  "mesh on": { from: "cluster", change: cluster, flags: MESH },
  "mesh off, watched and scaled": {
    from: "cluster",
    change: cluster,
    flags: ["--set", "monitoring.enabled=true,gateway.autoscaling.enabled=true"],
  },
  "agents, no signals, keys of clients": {
    from: "cluster",
    change: (text) =>
      cluster(text).replace(/^signals:\n.*\n/m, "agents: { model: { type: scripted } }\n")
        .replace(/auth: open.*}/, "auth: required }"),
    flags: ["--set", "networkPolicy.enabled=false"],
  },
};

/** Renders an environment as a user does; gives the file. */
async function render(project: Project, { from, change }: Case): Promise<string> {
  const file = `${project.dir}/exchanges/environments/${from}.yaml`;
  await Deno.writeTextFile(file, change(await Deno.readTextFile(file)));
  const { code, stderr } = await project.sh(`ssmd env render ${from}`);
  assert.equal(code, 0, stderr);
  return `${project.dir}/deploy/environments/${from}/values.yaml`;
}

/** Built from the module proxy, helm knows no version of Kubernetes. */
const TEMPLATE = ["template", "md", CHART, "--kube-version", "1.36.0"] as const;

async function template(values: string, flags: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run("helm", ...TEMPLATE, "-f", values, ...flags);
  assert.equal(code, 0, stderr);
  return stdout;
}

function manifestsIn(text: string): Manifest[] {
  return parseAllDocuments(text).map((each) => (each as { toJS(): Manifest }).toJS())
    .filter((each) => each !== null);
}

function countByKind(manifests: readonly Manifest[]): Record<string, number> {
  const kinds = Map.groupBy(manifests, ({ kind }) => kind);
  return Object.fromEntries([...kinds].map(([kind, all]) => [kind, all.length]).sort());
}

const COUNTS: Readonly<Record<string, Record<string, number>>> = {
  "one box": {
    ...{ ConfigMap: 1, NetworkPolicy: 1, PodDisruptionBudget: 1, Service: 1, ServiceAccount: 1 },
    StatefulSet: 1,
  },
  "two shards": {
    ...{ ConfigMap: 1, Deployment: 4, NetworkPolicy: 6, PodDisruptionBudget: 3, Service: 1 },
    ...{ ServiceAccount: 1, StatefulSet: 3 },
  },
  "mesh on": {
    ...{ AuthorizationPolicy: 2, ConfigMap: 1, Deployment: 4, NetworkPolicy: 6 },
    ...{ PeerAuthentication: 1, PodDisruptionBudget: 3, Service: 1, ServiceAccount: 1 },
    // The venue's stream and its REST, which rules ask for markets.
    ...{ ServiceEntry: 2, StatefulSet: 3 },
  },
  "mesh off, watched and scaled": {
    ...{ ConfigMap: 1, Deployment: 4, HorizontalPodAutoscaler: 1, NetworkPolicy: 6 },
    ...{ PodDisruptionBudget: 3, PodMonitor: 1, PrometheusRule: 1, Service: 1, ServiceAccount: 1 },
    StatefulSet: 3,
  },
  "agents, no signals, keys of clients": {
    ...{ ConfigMap: 1, Deployment: 2, PodDisruptionBudget: 3, Service: 1, ServiceAccount: 1 },
    StatefulSet: 5,
  },
};

/** Checks an environment's chart, rendered and as Kubernetes would take it. */
async function assertValid(values: string, name: string, schemas: string): Promise<void> {
  const flags = CASES[name]?.flags ?? [];
  const lint = await run("helm", "lint", "--strict", CHART, "-f", values, ...flags);
  assert.equal(lint.code, 0, lint.stdout + lint.stderr);
  const text = await template(values, flags);
  const file = `${schemas}/all.yaml`;
  await Deno.writeTextFile(file, text);
  const { code, stdout } = await run(
    ...["kubeconform", "-strict", "-summary"] as const,
    ...["-schema-location", `${schemas}/{{.ResourceKind}}{{.KindSuffix}}.json`],
    ...["-schema-location", `${CRDS}{{.ResourceKind}}_{{.ResourceAPIVersion}}.json`],
    file,
  );
  assert.equal(code, 0, stdout);
  assert.match(stdout, /Invalid: 0, Errors: 0, Skipped: 0/);
  const manifests = manifestsIn(text);
  assert.deepEqual(countByKind(manifests), COUNTS[name]);
  assertHardened(manifests);
}

/** Nobody is root, no root file system is written to, and no process is without probes and limits. */
function assertHardened(manifests: readonly Manifest[]): void {
  const pods = manifests.filter(({ kind }) => kind === "StatefulSet" || kind === "Deployment");
  assert.ok(pods.length > 0);
  for (const { metadata, spec } of pods) {
    const { containers, ...pod } = spec.template.spec;
    assert.equal(pod.securityContext.runAsNonRoot, true, metadata.name);
    assert.equal(pod.automountServiceAccountToken, false, metadata.name);
    for (const container of containers) {
      const { readOnlyRootFilesystem, allowPrivilegeEscalation, capabilities } =
        container.securityContext;
      assert.deepEqual(
        [readOnlyRootFilesystem, allowPrivilegeEscalation, capabilities.drop],
        [true, false, ["ALL"]],
        metadata.name,
      );
      for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"]) {
        assert.ok(container[probe], `${metadata.name} has no ${probe}`);
      }
      assert.equal(container.resources.limits.memory, container.resources.requests.memory);
    }
  }
}

async function assertRefused(values: string): Promise<void> {
  const wrong = ["disk.size=big", "gateway.replicas=0", "serves.auth=maybe", "unheardOf=1"];
  for (const each of wrong) {
    const { code, stderr } = await run("helm", ...TEMPLATE, "-f", values, "--set", each);
    assert.equal(code, 1, each);
    assert.match(stderr, /values don't meet the specifications of the schema/, each);
  }
  const many = "serves.auth=required,gateway.replicas=2";
  const { stderr } = await run("helm", ...TEMPLATE, "-f", values, "--set", many);
  assert.match(stderr, /gateway\.replicas must be 1/);
}

Deno.test({
  name: "the chart of five environments passes helm and Kubernetes' schemas; wrong values do not",
  ...REAL,
  fn: async (t) => {
    const project = await makeProject();
    const schemas = await Deno.makeTempDir();
    try {
      await writeCoreSchemas(schemas);
      for (const [name, each] of Object.entries(CASES)) {
        await t.step(name, async () => assertValid(await render(project, each), name, schemas));
      }
      await t.step("values that are none are refused", async () => {
        const file = `${project.dir}/deploy/environments/cluster/values.yaml`;
        await assertRefused(file);
      });
    } finally {
      await project.remove();
      await Deno.remove(schemas, { recursive: true });
    }
  },
});
