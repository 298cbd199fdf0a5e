import assert from "node:assert/strict";
import { makeProject } from "../testing/project.ts";

const ENVIRONMENT = "exchanges/environments/cluster.yaml";
const VALUES = "deploy/environments/cluster/values.yaml";

Deno.test("an environment renders to the same bytes, a tier moves one symbol, a rollback brings all back", async (t) => {
  const project = await makeProject();
  const read = (path: string) => Deno.readTextFile(`${project.dir}/${path}`);
  const ask = async (line: string) => {
    const { code, stdout, stderr } = await project.sh(`ssmd ${line} --output json`);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  };
  const commit = (message: string) => project.sh(`git add -A && git commit -qm "${message}"`);
  try {
    await t.step("what only works on one machine is refused, with what to set", async () => {
      const { code, stderr } = await project.sh("ssmd env render cluster");
      assert.equal(code, 1);
      assert.match(stderr, /its feeds are simulated, which only `ssmd up` does/);
      assert.match(stderr, /leave simulator away/);
      await project.sh(`sed -i '/^simulator/d' ${ENVIRONMENT}`);
    });
    await ask("env render cluster");
    const first = await read(VALUES);
    const environment = await read(ENVIRONMENT);
    await commit("first");

    await t.step("a second time nothing changes", async () => {
      assert.deepEqual((await ask("env render cluster")).files, []);
      assert.equal(await read(VALUES), first);
    });
    await t.step("a changed tier is one symbol in two lists, and its line", async () => {
      const moved = environment.replace(/(ETHUSD: .*tier: )1/, "$12");
      assert.notEqual(moved, environment);
      await Deno.writeTextFile(`${project.dir}/${ENVIRONMENT}`, moved);
      const [{ diff }] = (await ask("env render cluster --dry-run")).files;
      assert.equal(await read(VALUES), first);
      await ask("env render cluster");
      const lines = (diff as string).split("\n").filter((line) => /^[-+][^-+]/.test(line));
      assert.deepEqual(lines.map((line) => line.replace(/^(.) +/, "$1")), [
        "-- ETHUSD",
        "+- ETHUSD",
        "-ETHUSD: { feed: kraken, external: ETH/USD, depth: 25, tier: 1 }",
        "+ETHUSD: { feed: kraken, external: ETH/USD, depth: 25, tier: 2 }",
      ]);
      await commit("moved");
    });
    await t.step("a rollback gives the old bytes of both files", async () => {
      const { files } = await ask("env rollback cluster");
      assert.equal(files.length, 2);
      assert.equal(await read(ENVIRONMENT), environment);
      assert.equal(await read(VALUES), first);
    });
    await t.step("a commit that git does not know is told", async () => {
      const { code, stderr } = await project.sh("ssmd env rollback cluster --to 0000000");
      assert.equal(code, 1);
      assert.match(stderr, /git knows no commit 0000000 that changed it/);
    });
  } finally {
    await project.remove();
  }
});

Deno.test("a certificate's file is in a secret that the chart mounts, or is refused", async () => {
  const project = await makeProject();
  const path = `${project.dir}/${ENVIRONMENT}`;
  const text = (await Deno.readTextFile(path)).replace(/^simulator:.*\n/m, "");
  const renderWith = async (ca: string) => {
    const tls = `tls: { ca: ${ca}, server_name: db }`;
    const clients = `clients: { type: postgres, url: postgres://db.lan/ssmd, ${tls} }`;
    await Deno.writeTextFile(path, text.replace(/auth: open.*}/, `auth: required, ${clients} }`));
    return await project.sh("ssmd env render cluster");
  };
  try {
    const { code, stderr } = await renderWith("./tls/ca.pem");
    assert.equal(code, 1);
    assert.match(stderr, /the file of gateway\.clients\.tls\.ca is on this machine/);
    assert.match(stderr, /set gateway\.clients\.tls\.ca to \/var\/run\/secrets\/ssmd\/<secret>/);
    assert.equal((await renderWith("/var/run/secrets/ssmd/db-tls/ca.pem")).code, 0);
    const values = await Deno.readTextFile(`${project.dir}/${VALUES}`);
    assert.match(values, /^secrets:\n {2}- db-tls$/m);
  } finally {
    await project.remove();
  }
});
