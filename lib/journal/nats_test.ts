import assert from "node:assert/strict";
import { connectNats, managerOf } from "@ssmd/transport/nats_connect";
import { entriesOf, journalContract } from "../../tests/contract/journal.ts";
import { natsServerAvailable, startNatsServer } from "../../tests/servers/nats_server.ts";
import { natsJournal } from "./nats.ts";

if (natsServerAvailable()) {
  journalContract("nats", async () => {
    const server = await startNatsServer();
    return {
      journal: await natsJournal({ env: "test", url: [server.url] }),
      remove: () => server.stop(),
    };
  });
}

Deno.test({
  name: "a journal on NATS outlives a kill of its server, is shared, and gives nothing away",
  ignore: !natsServerAvailable(),
  fn: async () => {
    const server = await startNatsServer();
    const [one, two] = [
      await natsJournal({ env: "test", url: [server.url] }),
      await natsJournal({ env: "test", url: [server.url] }),
    ];
    assert.equal(await one.append("a", { n: 1 }), 1);
    assert.equal(await two.append("a", { n: 2 }), 2);
    await server.kill();
    const underWay = one.append("a", { n: 3 });
    await server.restart();
    assert.equal(await underWay, 3);
    const records = (await entriesOf(two, "a")).map(({ record }) => record["n"]);
    assert.deepEqual(records, [1, 2, 3]);
    const connection = await connectNats({ servers: [server.url] }, "test", false);
    const manager = await managerOf(connection);
    await assert.rejects(manager.streams.deleteMessage("ssmd_journal_test", 1));
    await assert.rejects(manager.streams.purge("ssmd_journal_test"));
    await connection.close();
    await one.close();
    await two.close();
    await server.stop();
  },
});

Deno.test({
  name: "a journal on NATS takes rotated credentials at its next connection",
  ignore: !natsServerAvailable(),
  fn: async () => {
    const path = await Deno.makeTempFile({ prefix: "ssmd-nats-", suffix: ".conf" });
    let secret = "first";
    const write = () =>
      Deno.writeTextFile(path, `authorization { users: [{ user: a, password: "${secret}" }] }`);
    await write();
    const server = await startNatsServer({ args: ["--config", path] });
    const readCredentials = () => Promise.resolve({ user: "a", password: secret });
    const journal = await natsJournal({ env: "test", url: [server.url], readCredentials });
    assert.equal(await journal.append("a", { n: 1 }), 1);
    secret = "second";
    await write();
    await server.restart();
    assert.equal(await journal.append("a", { n: 2 }), 2);
    await journal.close();
    await server.stop();
    await Deno.remove(path);
  },
});
