import assert from "node:assert/strict";
import { sleep } from "@ssmd/runtime";
import { messagesOf, publishAll, type TransportTest } from "./bus_messages.ts";
import { noHole, Received } from "./received.ts";

/** Registers the tests of durable consumers. */
export function consumeTests(test: TransportTest): void {
  test("a consumer goes on after what was acknowledged", async ({ transport, env }) => {
    const subject = `${env}.kraken.trade.A`;
    const options = { name: "archiver-main", filters: [`${env}.kraken.>`] };
    const publisher = transport.publisher();
    const first = new Received();
    const consumer = await transport.consume({ ...options, onMessage: first.take, onHole: noHole });
    await publishAll(publisher, messagesOf(subject, 1, 100));
    await first.until(100);
    const acknowledged = first.messages[59]!.streamSequence;
    consumer.acknowledge(acknowledged);
    await consumer.close();
    await publishAll(publisher, messagesOf(subject, 101, 120));
    assert.equal(first.messages.length, 100, "nothing is delivered after close");

    const second = new Received();
    const again = await transport.consume({ ...options, onMessage: second.take, onHole: noHole });
    await second.until(60);
    assert.deepEqual(second.ids, messagesOf(subject, 61, 120).map(({ id }) => id));
    again.acknowledge(second.messages[59]!.streamSequence);
    await again.close();

    const third = new Received();
    const last = await transport.consume({ ...options, onMessage: third.take, onHole: noHole });
    await publishAll(publisher, messagesOf(subject, 121, 121));
    await third.until(1);
    assert.deepEqual(third.ids, ["run-121-0"]);
    await last.close();
  });

  test("what is acknowledged one by one is not delivered again", async ({ transport, env }) => {
    const subject = `${env}.kraken.trade.A`;
    const options = { name: "archiver-main", filters: [`${env}.>`] };
    const received = new Received();
    const consumer = await transport.consume({
      ...options,
      onHole: noHole,
      onMessage: (message) => {
        received.take(message);
        if (received.messages.length > 1) consumer.acknowledge(message.streamSequence);
      },
    });
    await publishAll(transport.publisher(), messagesOf(subject, 1, 5000));
    await received.until(5000);
    await consumer.close();
    const after = new Received();
    const again = await transport.consume({ ...options, onMessage: after.take, onHole: noHole });
    await publishAll(transport.publisher(), messagesOf(subject, 5001, 5001));
    await after.until(1);
    assert.deepEqual(after.ids, ["run-5001-0"]);
    await again.close();
  });

  test("consumers of different names do not disturb each other", async ({ transport, env }) => {
    const subject = `${env}.kraken.trade.A`;
    const [one, other] = [new Received(), new Received()];
    const consumers = [
      await transport.consume({
        name: "a-main",
        filters: [`${env}.>`],
        onMessage: one.take,
        onHole: noHole,
      }),
      await transport.consume({
        name: "b-main",
        filters: [`${env}.kraken.>`, `${env}.kalshi.*.*`, `${env}.*.trade.*`],
        onMessage: other.take,
        onHole: noHole,
      }),
    ];
    await publishAll(transport.publisher(), messagesOf(subject, 1, 50));
    await Promise.all([one.until(50), other.until(50)]);
    consumers[0]!.acknowledge(one.messages[49]!.streamSequence);
    assert.deepEqual(one.ids, other.ids);
    for (const consumer of consumers) await consumer.close();
  });

  test("a name that is being read is not given twice", async ({ transport, env }) => {
    const options = {
      name: "archiver-main",
      filters: [`${env}.>`],
      onMessage: () => {},
      onHole: noHole,
    };
    const consumer = await transport.consume(options);
    await assert.rejects(transport.consume(options), { code: "CONSUMER_IN_USE" });
    await consumer.close();
    await (await transport.consume(options)).close();
  });
}

/** What only some buses do; the rest of holes is beside the driver that has them. */
export function positionTests(test: TransportTest): void {
  test("a consumer of few subjects knows how far it is, and misses nothing of others", async ({ transport, env }) => {
    const publisher = transport.publisher();
    const received = new Received();
    const options = { name: "letters-main", filters: [`${env}.dlq.>`], onMessage: received.take };
    const consumer = await transport.consume({ ...options, onHole: noHole });
    await publishAll(publisher, messagesOf(`${env}.dlq.archiver`, 1, 5));
    await publishAll(publisher, messagesOf(`${env}.kraken.trade.A`, 6, 100));
    await publishAll(publisher, messagesOf(`${env}.dlq.archiver`, 101, 105));
    await publishAll(publisher, messagesOf(`${env}.kraken.trade.A`, 106, 200));
    await received.until(10);
    const state = await transport.state();
    // Nothing after sequence 105 matches its filters, and the bus reports its position.
    while (consumer.position.sequence < 200) await sleep(20);
    assert.deepEqual(consumer.position, { createdAtUs: state.createdAtUs, sequence: 200 });
    const { position } = consumer;
    await consumer.close();
    await publishAll(publisher, messagesOf(`${env}.dlq.archiver`, 201, 201));
    const again = await transport.consume({ ...options, position, onHole: noHole });
    await received.until(11);
    await again.close();
  });
}

/** Registers the tests of paused consumers. */
export function pauseTests(test: TransportTest): void {
  test("a paused consumer gets the rest after resume, in order", async ({ transport, env }) => {
    const subject = `${env}.kraken.trade.A`;
    const received = new Received();
    const consumer = await transport.consume({
      name: "archiver-main",
      filters: [`${env}.>`],
      onHole: noHole,
      onMessage: (message) => {
        received.take(message);
        if (message.id === "run-30-0") consumer.pause();
      },
    });
    const publisher = transport.publisher();
    const witness = new Received();
    await transport.subscribe([`${env}.>`], witness.take);
    await publishAll(publisher, messagesOf(subject, 1, 200));
    await Promise.all([witness.until(200), received.until(30)]);
    assert.equal(received.messages.length, 30);
    consumer.resume();
    await received.until(200);
    await publishAll(publisher, messagesOf(subject, 201, 210));
    await received.until(210);
    assert.deepEqual(received.ids, messagesOf(subject, 1, 210).map(({ id }) => id));
    await consumer.close();
  });
}

/** Registers the tests of groups. */
export function groupTests(test: TransportTest): void {
  test("members of a group share messages, each goes to one", async ({ transport, env }) => {
    const members = [new Received(), new Received(), new Received()];
    const filter = `${env}.kraken.>`;
    const leave = await Promise.all(
      members.map(({ take }) => transport.joinGroup({ name: "workers", filter, onMessage: take })),
    );
    const other = new Received();
    await transport.joinGroup({ name: "others", filter, onMessage: other.take });
    const publisher = transport.publisher();
    const messages = messagesOf(`${env}.kraken.trade.A`, 1, 300);
    await publishAll(publisher, messages);
    await other.until(300);
    await publishAll(publisher, messagesOf(`${env}.kalshi.trade.A`, 301, 302));
    const taken = () => members.flatMap(({ ids }) => ids);
    while (taken().length < 300) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(new Set(taken()), new Set(messages.map(({ id }) => id)));
    assert.ok(members.every(({ ids }) => ids.length > 0), "one member did not work");
    leave[0]?.unsubscribe();
    leave[1]?.unsubscribe();
    // The bus may still deliver to a member that just left, until it learns of it.
    const rounds = (members[2]?.ids.length ?? 0) + 50;
    for (let n = 303; (members[2]?.ids.length ?? 0) < rounds; n++) {
      assert.ok(n < 20_000, "the last member does not get all");
      await publishAll(publisher, messagesOf(`${env}.kraken.trade.A`, n, n));
    }
  });
}
