import assert from "node:assert/strict";
import { makeProject } from "../../cli/testing/project.ts";
import { CASES, type Manifest, manifestsIn, render, template } from "./_fixtures.ts";

/** What `istioctl analyze` runs, as a program that `.ci/run` builds. */
const ANALYZE = `${
  Deno.env.get("SSMD_CI_DIR") ?? `${Deno.env.get("HOME")}/.cache/ssmd-ci`
}/istio-analysis-20260827/analyze`;
const REQUIRED = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** What a cluster has besides: the namespace, whose pods are in the mesh, and a pod a workload. */
function besides(manifests: readonly Manifest[]): unknown[] {
  const labels = { "istio-injection": "enabled" };
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "default", labels } };
  const pods = manifests.filter(({ spec }) => spec?.template).map(({ metadata, spec: { template } }) => ({
    ...{ apiVersion: "v1", kind: "Pod" },
    metadata: {
      name: `${metadata.name}-0`,
      namespace: "default",
      labels: template.metadata.labels,
    },
    spec: {
      ...template.spec,
      // Put in by Istio when the pod is made.
      containers: [...template.spec.containers, { name: "istio-proxy", image: "proxy" }],
    },
  }));
  return [namespace, ...pods];
}

/** What Istio finds in these objects, a line each. */
async function findings(manifests: readonly Manifest[]): Promise<string> {
  const child = new Deno.Command(ANALYZE, {
    ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
  }).spawn();
  const all = [...manifests, ...besides(manifests)].map((each) => JSON.stringify(each));
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(all.join("\n---\n")));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const log = new TextDecoder().decode(stderr);
  assert.equal(code, 0, log);
  assert.doesNotMatch(log, /Skipping analyzer/);
  const lines = new TextDecoder().decode(stdout).split("\n");
  // Istio says it of each EnvoyFilter; only those who ask for a rate get one.
  return lines.filter((line) => !line.includes("IST0133")).join("\n");
}

/** Mistakes that an API server takes, in objects of the chart, and what Istio says of them. */
const MISTAKES: readonly {
  kind: string;
  // deno-lint-ignore no-explicit-any -- each kind of object has a form of its own
  make: (spec: any) => void;
  says: RegExp;
}[] = [
  {
    kind: "AuthorizationPolicy",
    make: (spec) => spec.selector.matchLabels["app.kubernetes.io/instance"] = "another",
    says: /IST0127.*No matching workloads/,
  },
  {
    kind: "PeerAuthentication",
    make: (spec) => spec.portLevelMtls = { "0": { mode: "STRICT" } },
    says: /IST0106.*port must be in range/,
  },
  {
    kind: "RequestAuthentication",
    make: (spec) => spec.jwtRules[0].jwksUri = "keys",
    says: /IST0106/,
  },
  {
    kind: "EnvoyFilter",
    make: (spec) => spec.priority = undefined,
    says: /IST0151.*does not have a priority/,
  },
  {
    kind: "ServiceEntry",
    make: (spec) => spec.hosts = ["*"],
    says: /IST0106/,
  },
];

Deno.test({
  name: "Istio's own analysis finds nothing in the chart with the mesh on, and each mistake",
  ignore: !REQUIRED && !isThere(ANALYZE),
  fn: async () => {
    const project = await makeProject();
    try {
      let text = "";
      for (const name of ["mesh on", "mesh on, tokens and a rate"]) {
        const each = CASES[name];
        assert.ok(each);
        text = await template(await render(project, each), each.flags);
        assert.equal(await findings(manifestsIn(text)), "", name);
      }
      for (const { kind, make, says } of MISTAKES) {
        const manifests = manifestsIn(text);
        const object = manifests.find((manifest) => manifest.kind === kind);
        assert.ok(object, `the chart has no ${kind}`);
        make(object.spec);
        assert.match(await findings(manifests), says, kind);
      }
    } finally {
      await project.remove();
    }
  },
});
