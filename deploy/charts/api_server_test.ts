import assert from "node:assert/strict";
import { hasProgram } from "../../tests/servers/certificates.ts";
import {
  type KubeApiServer,
  kubeApiServerAvailable,
  startKubeApiServer,
} from "../../tests/servers/kube_api_server.ts";
import { makeProject } from "../../cli/testing/project.ts";
import { CASES, manifestsIn, render, template } from "./_fixtures.ts";

const DEFINITIONS = new URL("../testdata/definitions/", import.meta.url).pathname;
const ARGO_CD = new URL("../argocd/", import.meta.url).pathname;
const REQUIRED = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";
const HAS_HELM = REQUIRED || await hasProgram("helm", "version");

/** A mistake in an object that the chart makes. */
interface Mistake {
  from: keyof typeof CASES;
  kind: string;
  // deno-lint-ignore no-explicit-any -- each kind of object has a form of its own
  make: (spec: any) => void;
  says: RegExp;
}

const MISTAKES: Readonly<Record<string, Mistake>> = {
  "a number that is a word": {
    ...{ from: "two shards", kind: "Deployment" },
    make: (spec) => spec.replicas = "two",
    says: /replicas/,
  },
  "a field that there is not": {
    ...{ from: "two shards", kind: "Deployment" },
    make: (spec) => spec.template.spec.mountsToken = true,
    says: /unknown field "spec\.template\.spec\.mountsToken"/,
  },
  "a quantity that is none": {
    ...{ from: "two shards", kind: "StatefulSet" },
    make: (spec) => spec.template.spec.containers[0].resources.limits.memory = "plenty",
    says: /quantities must match/,
  },
  "a port beyond all ports": {
    ...{ from: "two shards", kind: "StatefulSet" },
    make: (spec) => spec.template.spec.containers[0].ports[0].containerPort = 70_000,
    says: /must be between 1 and 65535/,
  },
  "pods that their selector does not find": {
    ...{ from: "two shards", kind: "Deployment" },
    make: (spec) => spec.template.metadata.labels = { app: "another" },
    says: /`selector` does not match template `labels`/,
  },
  "a disk that no container has": {
    ...{ from: "one box", kind: "StatefulSet" },
    make: (spec) => spec.template.spec.containers[0].volumeMounts[0].name = "nowhere",
    says: /volumeMounts\[0\]\.name: Not found: "nowhere"/,
  },
  "a kind of mutual TLS that there is not": {
    ...{ from: "mesh on", kind: "PeerAuthentication" },
    make: (spec) => spec.mtls.mode = "STRICTLY",
    says: /Unsupported value: "STRICTLY"/,
  },
  "an alert without an expression": {
    ...{ from: "mesh off, watched and scaled", kind: "PrometheusRule" },
    make: (spec) => delete spec.groups[0].rules[0].expr,
    says: /rules\[0\]\.expr: Required value/,
  },
};

async function dryRun(server: KubeApiServer, text: string) {
  return await server.kubectl(["apply", "--dry-run=server", "--validate=strict", "-f", "-"], text);
}

Deno.test({
  name: "a real API server takes the chart of five environments, and none of eight mistakes",
  ignore: !HAS_HELM || !kubeApiServerAvailable(),
  fn: async (t) => {
    const project = await makeProject();
    try {
      await using server = await startKubeApiServer();
      await server.define(DEFINITIONS);
      const texts: Record<string, string> = {};
      for (const [name, each] of Object.entries(CASES)) {
        await t.step(name, async () => {
          const text = texts[name] = await template(await render(project, each), each.flags);
          const { code, stdout, stderr } = await dryRun(server, text);
          assert.equal(code, 0, stderr);
          const objects = text.match(/^kind: /gm)?.length ?? 0;
          assert.equal(stdout.match(/created \(server dry run\)/g)?.length, objects, stdout);
        });
      }
      for (const [what, { from, kind, make, says }] of Object.entries(MISTAKES)) {
        await t.step(what, async () => {
          const object = manifestsIn(texts[from] ?? "").find((each) => each.kind === kind);
          assert.ok(object, `${from} has no ${kind}`);
          const right = await dryRun(server, JSON.stringify(object));
          assert.equal(right.code, 0, right.stderr);
          make(object.spec);
          const { code, stderr } = await dryRun(server, JSON.stringify(object));
          assert.equal(code, 1);
          assert.match(stderr, says);
        });
      }
      await t.step("the applications of Argo CD", async () => {
        await server.kubectl(["create", "namespace", "argocd"]);
        const { code, stderr } = await server.kubectl(
          ["apply", "--dry-run=server", "--validate=strict", "-f", ARGO_CD],
        );
        assert.equal(code, 0, stderr);
      });
    } finally {
      await project.remove();
    }
  },
});
