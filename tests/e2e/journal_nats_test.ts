import assert from "node:assert/strict";
import { openJournal } from "@ssmd/journal";
import { journalConfig, loadEnvironment } from "@ssmd/metadata";
import { natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";
import { Folder, Running, runSsmd } from "./_process.ts";
import { writeRegistry } from "./_registry.ts";

Deno.test({
  name: "a journal on the bus is read and followed by commands, with the bus's credentials",
  ignore: !natsServerAvailable(),
  fn: async () => {
    await using folder = new Folder();
    const server = await startNatsServer({ args: ["--user", "us", "--pass", "secret"] });
    const feeds = { kraken: { symbols: { BTCUSD: "BTC/USD" } } };
    await writeRegistry(folder.path, { name: "bus", feeds, natsUrl: server.url });
    const path = `${folder.path}/exchanges/environments/bus.yaml`;
    const file = JSON.parse(await Deno.readTextFile(path));
    file.journal = { type: "nats" };
    file.keys = { nats: { type: "transport", fields: ["user", "password"], source: "env" } };
    file.transport.credentials = { user: "$key:nats.user", password: "$key:nats.password" };
    await Deno.writeTextFile(path, JSON.stringify(file));
    const env = { SSMD_KEY_NATS_USER: "us", SSMD_KEY_NATS_PASSWORD: "secret" };
    for (const [name, value] of Object.entries(env)) Deno.env.set(name, value);
    const config = journalConfig(await loadEnvironment(`${folder.path}/exchanges`, "bus"));
    const journal = await openJournal(config);
    await journal.append("audit.day", { n: 1 });

    const options = { cwd: folder.path, env };
    const args = ["audit.day", "--env", "bus", "--output", "json"];
    const read = await runSsmd(["journal", "read", ...args], options);
    assert.equal(read.code, 0, read.output);
    assert.deepEqual(JSON.parse(read.output)[0].record, { n: 1 });
    {
      await using tail = new Running(["journal", "tail", ...args], options);
      await tail.line(({ position }) => position === 1);
      await journal.append("audit.day", { n: 2 });
      const { record } = await tail.line(({ position }) => position === 2);
      assert.deepEqual(record, { n: 2 });
    }
    const refused = await runSsmd(["journal", "read", ...args], {
      ...options,
      env: { ...env, SSMD_KEY_NATS_PASSWORD: "wrong" },
    });
    assert.equal(refused.code, 1, refused.output);
    assert.match(refused.output, /TRANSPORT_UNAUTHORIZED/);
    await journal.close();
    await server.stop();
    for (const name of Object.keys(env)) Deno.env.delete(name);
  },
});
