import assert from "node:assert/strict";
import { hasProgram } from "../../tests/servers/certificates.ts";
import { makeProject } from "../../cli/testing/project.ts";
import {
  CASES,
  CHART,
  type Manifest,
  manifestsIn,
  render,
  run,
  TEMPLATE,
  template,
} from "./_fixtures.ts";

const CRDS = new URL("../testdata/crds/", import.meta.url).pathname;
/** Schemas of Kubernetes itself, in a Python package. */
const CORE = "kubernetes_validate/kubernetes-json-schema/v1.36.0-local-strict";
const REQUIRED = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";
const REAL = {
  ignore: !REQUIRED &&
    !(await hasProgram("helm", "version") && await hasProgram("kubeconform", "-v")),
};

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
  "mesh on, tokens and a rate": {
    ...{ AuthorizationPolicy: 2, ConfigMap: 1, Deployment: 2, EnvoyFilter: 1, NetworkPolicy: 6 },
    ...{ PeerAuthentication: 1, PodDisruptionBudget: 3, RequestAuthentication: 1, Service: 1 },
    ...{ ServiceAccount: 1, ServiceEntry: 3, StatefulSet: 5 },
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
  if (name === "agents, no signals, keys of clients") assertMounted(manifests, "db-tls");
}

/** The gateway finds the files of a secret where its environment names them. */
function assertMounted(manifests: readonly Manifest[], secret: string): void {
  const gateway = manifests.find(({ kind, metadata }) =>
    kind === "StatefulSet" && metadata.name.endsWith("gateway")
  );
  const { containers: [container], volumes } = gateway?.spec.template.spec ?? {};
  const mountPath = `/var/run/secrets/ssmd/${secret}`;
  const mount = container.volumeMounts.find((each: { mountPath: string }) =>
    each.mountPath === mountPath
  );
  const volume = volumes.find(({ name }: { name: string }) => name === mount?.name);
  assert.equal(volume?.secret.secretName, secret);
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

async function assertTraced(values: string): Promise<void> {
  const endpoint = "http://collector.monitoring:4318";
  const on = await template(values, ["--set", `traces.endpoint=${endpoint}`]);
  for (const { kind, metadata: { name }, spec } of manifestsIn(on)) {
    if (kind === "NetworkPolicy") {
      const ports = spec.egress.flatMap((each: { ports: { port: number }[] }) => each.ports);
      assert.ok(ports.some(({ port }: { port: number }) => port === 4318), name);
    }
    if (kind !== "StatefulSet" && kind !== "Deployment") continue;
    const { env } = spec.template.spec.containers[0];
    assert.deepEqual(env.slice(-2), [
      { name: "OTEL_DENO", value: "true" },
      { name: "OTEL_EXPORTER_OTLP_ENDPOINT", value: endpoint },
    ], name);
  }
  assert.doesNotMatch(await template(values, []), /OTEL_/);
}

/** Tokens of an environment without an issuer. */
const MESH_WITH_TOKENS = ["--set", "istio.enabled=true,istio.tokens=true"];

async function assertRefused(values: string): Promise<void> {
  const wrong = [
    "disk.size=big",
    "traces.endpoint=collector",
    "gateway.replicas=0",
    "serves.auth=maybe",
    "istio.rateLimit.burst=0",
    "unheardOf=1",
  ];
  for (const each of wrong) {
    const { code, stderr } = await run("helm", ...TEMPLATE, "-f", values, "--set", each);
    assert.equal(code, 1, each);
    assert.match(stderr, /values don't meet the specifications of the schema/, each);
  }
  const many = "serves.auth=required,gateway.replicas=2";
  const { stderr } = await run("helm", ...TEMPLATE, "-f", values, "--set", many);
  assert.match(stderr, /gateway\.replicas must be 1/);
  const shared = `${many},serves.clients=database`;
  const { code, stdout } = await run("helm", ...TEMPLATE, "-f", values, "--set", shared);
  assert.equal(code, 0);
  const [gateway] = stdout.split("\n---").filter((each) =>
    /kind: StatefulSet[^]*name: \S*gateway/.test(each)
  );
  assert.match(gateway ?? "", /replicas: 2\b/);
}

Deno.test({
  name: "the chart of each environment passes helm and Kubernetes' schemas; wrong values do not",
  ...REAL,
  fn: async (t) => {
    const project = await makeProject();
    const schemas = await Deno.makeTempDir();
    try {
      await writeCoreSchemas(schemas);
      for (const [name, each] of Object.entries(CASES)) {
        await t.step(name, async () => assertValid(await render(project, each), name, schemas));
      }
      await t.step(
        "where traces are asked for each process has their receiver, and may reach it",
        () => assertTraced(`${project.dir}/deploy/environments/cluster/values.yaml`),
      );
      await t.step("values that are none are refused", async () => {
        const file = `${project.dir}/deploy/environments/cluster/values.yaml`;
        await assertRefused(file);
        const demo = `${project.dir}/deploy/environments/demo/values.yaml`;
        const { stderr } = await run("helm", ...TEMPLATE, "-f", demo, ...MESH_WITH_TOKENS);
        assert.match(stderr, /istio\.tokens needs gateway\.oidc/);
      });
    } finally {
      await project.remove();
      await Deno.remove(schemas, { recursive: true });
    }
  },
});
