import assert from "node:assert/strict";
import { z } from "zod";
import { ENVIRONMENT_FILE } from "./environment.ts";
import { ConfigError } from "@ssmd/runtime";
import { versionOn } from "./feed.ts";
import type { Finding } from "./finding.ts";
import { listEnvironments, listFeeds, loadEnvironment, loadFeed } from "./registry.ts";
import { findRegistry } from "./find_registry.ts";
import { readRegistryTexts } from "./registry_folder.ts";

const REGISTRY = new URL("../../exchanges", import.meta.url).pathname;

async function configError(promise: Promise<unknown>): Promise<ConfigError> {
  const error = await promise.then(() => undefined, (thrown: unknown) => thrown);
  assert.ok(error instanceof ConfigError, `no ConfigError: ${error}`);
  return error;
}

/** A registry of its own with these files beside Kraken's feed. */
async function withRegistry(
  files: Record<string, string>,
  use: (dir: string) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    for (const kind of ["feeds", "environments"]) {
      await Deno.mkdir(`${dir}/exchanges/${kind}`, { recursive: true });
    }
    await Deno.copyFile(`${REGISTRY}/feeds/kraken.yaml`, `${dir}/exchanges/feeds/kraken.yaml`);
    for (const [path, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${dir}/exchanges/${path}`, text);
    }
    await use(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const LEAST = `feeds: [kraken]
schema: v1
symbols: {}
transport: { type: memory }
storage: { type: memory }
`;

Deno.test("every environment of the repository is sound", async () => {
  const names = await listEnvironments(REGISTRY);
  assert.deepEqual(names, [
    "cluster",
    "demo",
    "demo-nats",
    "demo-shards",
    "kalshi",
    "kraken",
    "polymarket",
  ]);
  for (const name of names) assert.equal((await loadEnvironment(REGISTRY, name)).name, name);
});

Deno.test("every feed of the repository is sound and in force today", async () => {
  const ids = await listFeeds(REGISTRY);
  assert.deepEqual(ids, ["kalshi", "kraken", "polymarket"]);
  for (const id of ids) {
    const feed = await loadFeed(REGISTRY, id);
    assert.ok(versionOn(feed, "2026-11-20"), id);
  }
});

Deno.test("a version is in force from its day until the next one's", async () => {
  const feed = await loadFeed(REGISTRY, "kalshi");
  assert.equal(versionOn(feed, "2020-01-01"), undefined);
  assert.equal(versionOn(feed, "2026-03-11")?.parser, "kalshi-2026-01");
  assert.equal(versionOn(feed, "2026-03-12")?.parser, "kalshi-2026-03-12");
});

Deno.test("names in code are those of the file; sizes and times become numbers, and are written as texts again", async () => {
  const environment = await loadEnvironment(REGISTRY, "demo-nats");
  const { transport } = environment;
  assert.deepEqual(transport, {
    type: "nats",
    url: "nats://127.0.0.1:4222",
    max_age: 86_400_000,
    max_bytes: 4 * 1024 ** 3,
  });
  assert.deepEqual(z.encode(ENVIRONMENT_FILE, environment).transport, {
    type: "nats",
    url: "nats://127.0.0.1:4222",
    max_age: "1d",
    max_bytes: "4GiB",
  });
});

Deno.test("what an environment leaves out has a default", async () => {
  await withRegistry({ "environments/a.yaml": `name: a\n${LEAST}` }, async (dir) => {
    const environment = await loadEnvironment(`${dir}/exchanges`, "a");
    assert.deepEqual(environment.cache, { type: "memory" });
    assert.deepEqual(environment.journal, { type: "memory" });
    assert.deepEqual(environment.gateway, { port: 8080, auth: "open" });
    assert.equal("simulator" in environment, false);
  });
});

Deno.test("an unknown environment names those that exist and the nearest", async () => {
  const error = await configError(loadEnvironment(REGISTRY, "krakn"));
  assert.equal(error.code, "CONFIG_NOT_FOUND");
  assert.equal(
    error.hint,
    'Did you mean "kraken"? There are: cluster, demo, demo-nats, demo-shards, kalshi, kraken, polymarket',
  );
});

Deno.test("a name cannot lead out of the registry", async () => {
  const error = await configError(loadFeed(REGISTRY, "../environments/demo"));
  assert.equal(error.code, "CONFIG_NOT_FOUND");
});

Deno.test("all mistakes are told at once, of the environment and of the feeds it uses", async () => {
  const kraken = (await Deno.readTextFile(`${REGISTRY}/feeds/kraken.yaml`))
    .replace("type: spot", "type: sport");
  const files = {
    "feeds/kraken.yaml": kraken,
    "feeds/other.yaml": "id: other\n",
    "environments/a.yaml": `name: a\n${LEAST}port: 1\n`,
  };
  await withRegistry(files, async (dir) => {
    const error = await configError(loadEnvironment(`${dir}/exchanges`, "a"));
    assert.equal(error.code, "CONFIG_INVALID");
    const findings = error.context["findings"] as Finding[];
    assert.deepEqual(findings.map(({ path }) => path).sort(), ["port", "type"]);
    assert.match(error.message, /2 mistakes:\n {2}\S+a\.yaml:7:1 {2}port: unknown field\./);
    assert.match(
      error.message,
      /kraken\.yaml:5:7 {2}type: "sport" is not allowed. Did you mean "spot"\?/,
    );
  });
});

Deno.test("mistakes in feeds that an environment does not use do not stop it", async () => {
  const files = { "feeds/other.yaml": "id: [", "environments/a.yaml": `name: a\n${LEAST}` };
  await withRegistry(files, async (dir) => {
    assert.equal((await loadEnvironment(`${dir}/exchanges`, "a")).name, "a");
  });
});

Deno.test("the registry is found upward, from the project and from inside of it", async () => {
  await withRegistry({}, async (dir) => {
    await Deno.mkdir(`${dir}/deep/er`, { recursive: true });
    assert.equal(await findRegistry(`${dir}/deep/er/`), `${dir}/exchanges`);
    assert.equal(await findRegistry(`${dir}/exchanges/feeds`), `${dir}/exchanges`);
    assert.equal(await findRegistry(dir), `${dir}/exchanges`);
  });
});

Deno.test("where no registry is, the error says what one is", async () => {
  const error = await configError(findRegistry("/"));
  assert.equal(error.code, "CONFIG_NOT_FOUND");
  assert.match(error.hint, /exchanges/);
});

Deno.test("a registry folder that is not there is named", async () => {
  const error = await configError(listFeeds("/nowhere/exchanges"));
  assert.match(error.message, /^\/nowhere\/exchanges\/feeds does not exist$/);
});

Deno.test("files that are links, as a cluster mounts them, count for list, check and start alike", () =>
  withRegistry({}, async (dir) => {
    const folder = `${dir}/exchanges/environments`;
    // As a ConfigMap lies there: a folder with a date, a link to it, and a link a file.
    await Deno.mkdir(`${folder}/..2026_11_28`);
    await Deno.writeTextFile(`${folder}/..2026_11_28/prod.yaml`, `name: prod\n${LEAST}`);
    await Deno.symlink("..2026_11_28", `${folder}/..data`);
    await Deno.symlink("..data/prod.yaml", `${folder}/prod.yaml`);
    assert.deepEqual(await listEnvironments(`${dir}/exchanges`), ["prod"]);
    assert.equal((await loadEnvironment(`${dir}/exchanges`, "prod")).name, "prod");
    const texts = await readRegistryTexts(`${dir}/exchanges`);
    assert.ok(texts.has("environments/prod.yaml"), [...texts.keys()].join());
  }));

Deno.test("a link that leads nowhere is told, not passed over", () =>
  withRegistry({}, async (dir) => {
    await Deno.symlink("gone.yaml", `${dir}/exchanges/environments/prod.yaml`);
    assert.deepEqual(await listEnvironments(`${dir}/exchanges`), ["prod"]);
    const { code, message } = await configError(readRegistryTexts(`${dir}/exchanges`));
    assert.equal(code, "CONFIG_NOT_FOUND");
    assert.match(message, /environments\/prod\.yaml does not exist/);
  }));

const MINE = `name: mine\n${LEAST}`;

Deno.test("a file that changed is checked again, and so is one that changed back", async () => {
  await withRegistry({ "environments/mine.yaml": MINE }, async (dir) => {
    const path = `${dir}/exchanges/environments/mine.yaml`;
    const load = () => loadEnvironment(`${dir}/exchanges`, "mine");
    assert.deepEqual((await load()).symbols, {});
    await Deno.writeTextFile(
      path,
      MINE.replace("{}", "{ BTCUSD: { feed: kraken, external: BTC/USD, depth: 10 } }"),
    );
    assert.deepEqual(Object.keys((await load()).symbols), ["BTCUSD"]);
    await Deno.writeTextFile(path, MINE.replace("{}", "[]"));
    assert.equal((await configError(load())).code, "CONFIG_INVALID");
    assert.equal((await configError(load())).code, "CONFIG_INVALID");
    await Deno.writeTextFile(path, MINE);
    assert.deepEqual((await load()).symbols, {});
    const feed = `${dir}/exchanges/feeds/kraken.yaml`;
    await Deno.writeTextFile(feed, `${await Deno.readTextFile(feed)}\nnonsense: 1\n`);
    assert.match((await configError(load())).message, /nonsense/);
  });
});

Deno.test("what one caller does with a loaded environment does not reach the next", async () => {
  await withRegistry({ "environments/mine.yaml": MINE }, async (dir) => {
    const load = () => loadEnvironment(`${dir}/exchanges`, "mine");
    const environment = await load();
    environment.feeds.push("none");
    assert.deepEqual((await load()).feeds, ["kraken"]);
  });
});
