import assert from "node:assert/strict";
import { Project } from "../registry/project_fixtures.ts";

Deno.test("what env show prints is a file that validate accepts and env show prints again", async () => {
  await Project.use(async (project) => {
    await project.ok("init");
    await project.ok(
      ...["feed", "create", "venue", "--endpoint", "wss://venue.example", "--parser", "kraken-v2"],
    );
    await project.ok("schema", "register");
    await project.ok("env", "create", "a", "--feeds", "venue");
    const nats = "transport={ type: nats, url: nats://bus, max_age: 90s, max_bytes: 4GiB }";
    await project.ok("env", "update", "a", "--set", nats, "--set", "gateway.open_to_network=true");
    const show = async () => {
      const { stdout } = await project.ssmd("env", "show", "a", "--output", "json");
      const { as_of, origin, ...file } = JSON.parse(stdout);
      assert.equal(typeof as_of, "string");
      assert.deepEqual(origin, {});
      return file;
    };
    const first = await show();
    assert.deepEqual(first.transport, {
      ...{ type: "nats", url: "nats://bus", max_age: "90s", max_bytes: "4GiB" },
    });
    assert.equal(first.gateway.open_to_network, true);
    await project.write("exchanges/environments/a.yaml", JSON.stringify(first));
    await project.ok("validate");
    assert.deepEqual(await show(), first);
  });
});
