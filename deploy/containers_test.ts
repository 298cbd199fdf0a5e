import assert from "node:assert/strict";
import { parse } from "yaml";
import { hasProgram } from "../tests/servers/certificates.ts";

const HERE = new URL("./", import.meta.url).pathname;
const CLUSTER = new URL("../exchanges/environments/cluster.yaml", import.meta.url);
const REQUIRED = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";

async function ignoreWithout(program: string, ...args: string[]): Promise<{ ignore: boolean }> {
  return { ignore: !REQUIRED && !await hasProgram(program, ...args) };
}

async function run(program: string, args: string[], cwd = HERE): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args, cwd }).output();
  const text = new TextDecoder();
  const all = text.decode(stdout) + text.decode(stderr);
  assert.equal(code, 0, all);
  return all;
}

Deno.test({
  name: "hadolint has nothing to say of the Containerfile",
  ...await ignoreWithout("hadolint", "--version"),
  fn: async () => assert.equal(await run("hadolint", ["Containerfile"]), ""),
});

Deno.test({
  name: "compose reads its file; ours run without root, rights or a root file system to write to",
  ...await ignoreWithout("docker-compose", "version"),
  fn: async () => {
    const text = await run("docker-compose", ["-f", "compose/compose.yaml", "config"]);
    const { services } = parse(text);
    const ours = Object.entries<Record<string, unknown>>(services)
      .filter(([, { image }]) => image === "ssmd");
    assert.equal(ours.length, 7);
    for (const [name, { read_only, user, cap_drop, secrets }] of ours) {
      assert.deepEqual([read_only, user, cap_drop], [true, "65532:65532", ["ALL"]], name);
      assert.equal((secrets as unknown[]).length, 2, name);
    }
    const environment = parse(await Deno.readTextFile(CLUSTER));
    const named = [environment.transport.url, environment.storage.endpoint, environment.cache.url];
    for (const address of named) assert.ok(new URL(address).hostname in services, address);
    const shards = ours.map(([, { environment: own }]) =>
      (own as Record<string, string> | undefined)?.["SHARD_ID"]
    ).filter((shard) => shard !== undefined);
    assert.deepEqual(new Set(shards), new Set(Object.keys(environment.shards)));
  },
});

Deno.test({
  name: "the applications of Argo CD are of its schemas",
  ...await ignoreWithout("kubeconform", "-v"),
  fn: async () => {
    const schemas = `${HERE}testdata/crds/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json`;
    const text = await run("kubeconform", [
      ...["-strict", "-summary", "-schema-location", schemas, "argocd"],
    ]);
    assert.match(
      text,
      /3 resources found in 3 files - Valid: 3, Invalid: 0, Errors: 0, Skipped: 0/,
    );
  },
});

Deno.test({
  name: "Prometheus reads what scrapes the composed services",
  ...await ignoreWithout("promtool", "--version"),
  fn: async () => {
    const dir = await Deno.makeTempDir();
    try {
      await Deno.copyFile(`${HERE}compose/prometheus.yaml`, `${dir}/prometheus.yaml`);
      for (const name of ["alerts.yaml", "rules.yaml"]) {
        await Deno.copyFile(`${HERE}prometheus/${name}`, `${dir}/${name}`);
      }
      await run("promtool", ["check", "config", "prometheus.yaml"], dir);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});
