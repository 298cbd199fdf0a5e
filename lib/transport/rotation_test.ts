import assert from "node:assert/strict";
import { noHole, Received } from "../../tests/contract/received.ts";
import { messagesOf } from "../../tests/contract/bus_messages.ts";
import { natsServerAvailable, startNatsServer } from "../../tests/servers/nats_server.ts";
import { openTransport } from "./open.ts";

const ignore = !natsServerAvailable();

const WAYS = {
  password: {
    config: (secret: string) => `{ users: [{ user: a, password: "${secret}" }] }`,
    credentials: (secret: string) => ({ user: "a", password: secret }),
  },
  token: {
    config: (secret: string) => `{ token: "${secret}" }`,
    credentials: (secret: string) => ({ token: secret }),
  },
};

for (const [way, { config, credentials }] of Object.entries(WAYS)) {
  Deno.test(`a ${way} that was rotated is used at the next connection`, { ignore }, async () => {
    const path = await Deno.makeTempFile({ prefix: "ssmd-nats-", suffix: ".conf" });
    const write = (secret: string) => Deno.writeTextFile(path, `authorization ${config(secret)}`);
    await write("first");
    const server = await startNatsServer({ args: ["--config", path] });
    let secret = "first";
    let isAway = false;
    const transport = await openTransport({
      ...{ type: "nats", url: server.url, credentials: credentials("first") },
      readCredentials: () =>
        isAway ? Promise.reject(new Error("no file")) : Promise.resolve(credentials(secret)),
    }, { env: "test" });
    const publisher = transport.publisher();
    const [first, second, third] = messagesOf("test.a.b", 1, 3);
    assert.ok(first && second && third);
    publisher.publish(first);
    await publisher.flush();
    await write(secret = "second");
    await server.restart();
    publisher.publish(second);
    await publisher.flush();
    isAway = true;
    await server.restart();
    publisher.publish(third);
    await publisher.flush();
    const received = new Received();
    const filters = ["test.>"];
    const consumer = await transport.consume({
      name: "all",
      filters,
      onMessage: received.take,
      onHole: noHole,
    });
    await received.until(3);
    await consumer.close();
    await transport.close();
    await server.stop();
    await Deno.remove(path);
  });
}
