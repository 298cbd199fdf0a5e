import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import {
  type KubeApiServer,
  kubeApiServerAvailable,
  startKubeApiServer,
} from "../../tests/servers/kube_api_server.ts";
import {
  sealedSecretsControllerAvailable,
  startSealedSecretsController,
} from "../../tests/servers/sealed_secrets_controller.ts";
import { makeProject, type Project } from "../testing/project.ts";

const SEALED_SECRET =
  new URL("../../deploy/testdata/definitions/sealedsecrets.bitnami.com.json", import.meta.url)
    .pathname;
const WAIT_MS_MAX = 120_000;

/** Asks until there is an answer. */
async function waitFor<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const deadlineMs = Date.now() + WAIT_MS_MAX;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadlineMs) throw new Deno.errors.TimedOut(what);
    await delay(200);
  }
}

async function get(server: KubeApiServer, ...what: string[]) {
  const { code, stdout } = await server.kubectl(["get", ...what, "--output=json"]);
  return code === 0 ? JSON.parse(stdout) : undefined;
}

/** The values of a secret, once the controller has made it. */
async function valuesOf(server: KubeApiServer, name: string, namespace: string) {
  const { data } = await waitFor(
    `secret ${name} in ${namespace}`,
    () => get(server, "secret", name, `--namespace=${namespace}`),
  );
  return Object.fromEntries(
    Object.entries<string>(data).map(([field, value]) => [
      field,
      new TextDecoder().decode(Uint8Array.fromBase64(value)),
    ]),
  );
}

async function exported(project: Project, ...flags: string[]): Promise<string> {
  const line = `ssmd key export kalshi --env kalshi --cert cluster.pem ${flags.join(" ")}`;
  const { code, stdout, stderr } = await project.sh(line);
  assert.equal(code, 0, stderr);
  return stdout;
}

async function apply(server: KubeApiServer, text: string): Promise<void> {
  const { code, stderr } = await server.kubectl(["apply", "--validate=strict", "-f", "-"], text);
  assert.equal(code, 0, stderr);
}

Deno.test({
  name:
    "the real controller, in a mount namespace of its own, opens what key export sealed, and only there",
  ignore: !sealedSecretsControllerAvailable() || !kubeApiServerAvailable(),
  fn: async () => {
    const project = await makeProject();
    try {
      await using server = await startKubeApiServer();
      await server.define(SEALED_SECRET);
      for (const name of ["markets", "elsewhere"]) {
        await server.kubectl(["create", "namespace", name]);
      }
      await using controller = await startSealedSecretsController(server);
      await Deno.writeTextFile(`${project.dir}/cluster.pem`, controller.certificate);
      const plain = {
        key_id: "example",
        private_key: (await Deno.readTextFile(`${project.dir}/kalshi.pem`)).trim(),
      };
      for (const scope of ["strict", "namespace-wide", "cluster-wide"]) {
        const flags = [`--namespace markets --scope ${scope} --secret kalshi-${scope}`];
        await apply(server, await exported(project, ...flags));
        const values = await valuesOf(server, `kalshi-${scope}`, "markets");
        assert.deepEqual({ ...values, private_key: values["private_key"]?.trim() }, plain, scope);
      }
      const strict = await exported(project, "--namespace markets");
      await apply(server, strict.replaceAll("namespace: markets", "namespace: elsewhere"));
      const condition = await waitFor("a refusal", async () => {
        const sealed = await get(server, "sealedsecret", "kalshi", "--namespace=elsewhere");
        return sealed?.status?.conditions?.[0];
      });
      assert.equal(condition.status, "False");
      assert.match(condition.message, /no key could decrypt secret/);
      assert.equal(await get(server, "secret", "kalshi", "--namespace=elsewhere"), undefined);
    } finally {
      await project.remove();
    }
  },
});
