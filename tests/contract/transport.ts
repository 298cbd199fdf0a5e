import assert from "node:assert/strict";
import { escapeToken } from "@ssmd/market";
import { sleep } from "@ssmd/runtime";
import type { InMessage, OutMessage, Publisher, ReadOptions, Transport } from "@ssmd/transport";
import { keyValueTests } from "./key_value.ts";
import { noHole, Received } from "./received.ts";

/** A driver on an empty bus of environment `env`. */
export interface TransportSubject {
  transport: Transport;
  env: string;
  /** Closes the transport and removes what it stored. */
  remove(): Promise<void>;
}

/** Registers a test with its own driver. */
export type TransportTest = (
  sentence: string,
  body: (subject: TransportSubject) => Promise<void>,
) => void;

const UTF8 = new TextEncoder();
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Messages `first` to `last` of one run on a subject; the payload is the number. */
export function messagesOf(subject: string, first: number, last: number): OutMessage[] {
  const messages: OutMessage[] = [];
  for (let n = first; n <= last; n++) {
    messages.push({ subject, payload: UTF8.encode(String(n)), id: `run-${n}-0` });
  }
  return messages;
}

/** Publishes and waits for all acknowledgements. */
export async function publishAll(publisher: Publisher, messages: OutMessage[]): Promise<void> {
  for (const message of messages) {
    if (publisher.full) await publisher.ready();
    publisher.publish(message);
  }
  await publisher.flush();
}

/** Registers the tests that every transport driver must pass. */
export function transportContract(
  name: string,
  open: () => Promise<TransportSubject>,
  options: { ignore?: boolean } = {},
): void {
  const test: TransportTest = (sentence, body) =>
    Deno.test(`${name} transport: ${sentence}`, { ignore: options.ignore ?? false }, async () => {
      const subject = await open();
      try {
        await body(subject);
      } finally {
        await subject.remove();
      }
    });
  publishTests(test);
  subscribeTests(test);
  consumeTests(test);
  positionTests(test);
  pauseTests(test);
  lastIdTests(test);
  historyTests(test);
  requestTests(test);
  headerTests(test);
  groupTests(test);
  keyValueTests(test);
}

function publishTests(test: TransportTest): void {
  test("after flush everything is acknowledged up to the last id", async ({ transport, env }) => {
    const publisher = transport.publisher();
    assert.equal(publisher.acknowledgedId, "");
    await publishAll(publisher, messagesOf(`${env}.kraken.trade.A`, 1, 100));
    assert.equal(publisher.connected, true);
    assert.equal(publisher.pending, 0);
    assert.equal(publisher.full, false);
    assert.equal(publisher.acknowledgedId, "run-100-0");
    await publisher.close();
    assert.throws(
      () => publisher.publish({ subject: `${env}.x`, payload: new Uint8Array(), id: "run-101-0" }),
      { code: "PUBLISHER_CLOSED" },
    );
  });

  test("an id is stored once, whoever publishes it", async ({ transport, env }) => {
    const received = new Received();
    const consumer = await transport.consume({
      name: "archiver-main",
      filters: [`${env}.>`],
      onMessage: received.take,
      onHole: noHole,
    });
    const messages = messagesOf(`${env}.kraken.trade.A`, 1, 20);
    const other = { subject: `${env}.kraken.trade.A`, payload: new Uint8Array(), id: "signal:x" };
    await publishAll(transport.publisher(), [...messages.slice(0, 15), other]);
    await publishAll(transport.publisher(), [...messages, other]);
    await received.until(21);
    assert.deepEqual(
      received.ids,
      [...messages.slice(0, 15), other, ...messages.slice(15)].map(({ id }) => id),
    );
    await consumer.close();
  });
}

function subscribeTests(test: TransportTest): void {
  test("a subscription gets what comes from now on, in order", async ({ transport, env }) => {
    const publisher = transport.publisher();
    const subject = `${env}.kraken.trade.A`;
    await publishAll(publisher, messagesOf(subject, 1, 10));
    const received = new Received();
    await transport.subscribe([`${env}.kraken.>`], received.take);
    await publishAll(publisher, messagesOf(subject, 11, 500));
    await received.until(490);
    assert.deepEqual(received.ids, messagesOf(subject, 11, 500).map(({ id }) => id));
    assert.deepEqual(received.messages.map(({ payload }) => textOf(payload))[0], "11");
    const sequences = received.messages.map(({ streamSequence }) => streamSequence);
    assert.deepEqual(sequences, Array.from({ length: 490 }, (_, n) => n + 11));
  });

  test("filters choose by token, escaped ones too", async ({ transport, env }) => {
    const ticker = escapeToken("KXBTC-26NOV20.T50");
    assert.equal(ticker, "KXBTC-26NOV20%2ET50");
    const subjects = [
      `${env}.kalshi.trade.${ticker}`,
      `${env}.kalshi.ticker.${ticker}`,
      `${env}.kraken.trade.BTCUSD`,
      `${env}.kraken.gap._all`,
    ];
    const expected: [string[], number[]][] = [
      [[`${env}.kalshi.trade.${ticker}`], [0]],
      [[`${env}.*.trade.*`], [0, 2]],
      [[`${env}.kalshi.>`], [0, 1]],
      [[`${env}.kalshi.*.${ticker}`], [0, 1]],
      [[`${env}.kraken.gap._all`, `${env}.*.ticker.>`], [1, 3]],
      // Overlapping filters: each message once.
      [[`${env}.*.trade.*`, `${env}.kraken.*.*`, `${env}.kraken.>`], [0, 2, 3]],
    ];
    const receivers = expected.map(() => new Received());
    for (const [i, [filters]] of expected.entries()) {
      await transport.subscribe(filters, receivers[i]!.take);
    }
    const all = new Received();
    await transport.subscribe([`${env}.>`], all.take);
    await publishAll(
      transport.publisher(),
      subjects.map((subject, n) => ({ subject, payload: new Uint8Array([n]), id: `run-${n}-0` })),
    );
    await all.until(subjects.length);
    for (const [i, [filters, wanted]] of expected.entries()) {
      await receivers[i]!.until(wanted.length);
      assert.deepEqual(
        receivers[i]!.messages.map(({ subject }) => subject),
        wanted.map((n) => subjects[n]),
        filters.join(" "),
      );
    }
  });

  test("a handler that throws harms nobody else", async ({ transport, env }) => {
    const received = new Received();
    await transport.subscribe([`${env}.>`], () => {
      throw new RangeError("a broken handler");
    });
    await transport.subscribe([`${env}.>`], received.take);
    await publishAll(transport.publisher(), messagesOf(`${env}.kraken.trade.A`, 1, 5));
    await received.until(5);
  });

  test("nothing is delivered after unsubscribe", async ({ transport, env }) => {
    const [ended, other] = [new Received(), new Received()];
    const subscription = await transport.subscribe([`${env}.>`], ended.take);
    await transport.subscribe([`${env}.>`], other.take);
    const publisher = transport.publisher();
    await publishAll(publisher, messagesOf(`${env}.kraken.trade.A`, 1, 5));
    await Promise.all([ended.until(5), other.until(5)]);
    subscription.unsubscribe();
    await publishAll(publisher, messagesOf(`${env}.kraken.trade.A`, 6, 10));
    await other.until(10);
    assert.equal(ended.messages.length, 5);
  });

  test("a handler may publish, and all see the same order", async ({ transport, env }) => {
    const publisher = transport.publisher();
    const [first, second] = [new Received(), new Received()];
    await transport.subscribe([`${env}.>`], (message) => {
      first.take(message);
      if (!message.subject.includes(".trade.")) return;
      publisher.publish({
        subject: `${env}.signal.s1`,
        payload: message.payload,
        id: `signal-of-${message.id}`,
      });
    });
    await transport.subscribe([`${env}.>`], second.take);
    await publishAll(publisher, messagesOf(`${env}.kraken.trade.A`, 1, 3));
    await Promise.all([first.until(6), second.until(6)]);
    assert.deepEqual(first.ids, second.ids);
  });

  test("a filter that cannot be meant is refused", async ({ transport, env }) => {
    for (const filters of [[], [""], [`${env}..x`], [`${env}.>.x`], [`${env}.a b`]]) {
      await assert.rejects(transport.subscribe(filters, () => {}), { code: "FILTER_INVALID" });
      await assert.rejects(
        transport.consume({ name: "archiver-main", filters, onMessage: () => {}, onHole: noHole }),
        { code: "FILTER_INVALID" },
      );
    }
  });
}

async function read(transport: Transport, options: ReadOptions): Promise<InMessage[]> {
  const messages: InMessage[] = [];
  for await (const batch of transport.read(options)) messages.push(...batch);
  return messages;
}

function historyTests(test: TransportTest): void {
  test("a subscription says behind which place it delivers", async ({ transport, env }) => {
    const publisher = transport.publisher();
    const subject = `${env}.kraken.trade.A`;
    await publishAll(publisher, messagesOf(subject, 1, 7));
    const received = new Received();
    const { startSequence } = await transport.subscribe([`${env}.>`], received.take);
    assert.equal(startSequence, 7);
    await publishAll(publisher, messagesOf(subject, 8, 8));
    await received.until(1);
    assert.equal(received.messages[0]?.streamSequence, 8);
  });

  test("what is kept is read once, in order, to the place named", async ({ transport, env }) => {
    const empty = await transport.state();
    assert.deepEqual([empty.firstSequence, empty.lastSequence], [1, 0]);
    const publisher = transport.publisher();
    await publishAll(publisher, messagesOf(`${env}.kraken.trade.A`, 1, 2500));
    await publishAll(publisher, messagesOf(`${env}.kraken.ticker.A`, 2501, 2510));
    await publishAll(publisher, messagesOf(`${env}.kraken.trade.A`, 2511, 2600));
    const state = await transport.state();
    assert.equal(state.lastSequence, 2600);
    assert.equal(state.createdAtUs, empty.createdAtUs);
    const filters = [`${env}.*.trade.>`];
    const all = await read(transport, { filters, from: { sequence: 1 }, toSequence: 2600 });
    if (state.firstSequence > state.lastSequence) return assert.deepEqual(all, []);
    assert.deepEqual(all.map(({ streamSequence }) => streamSequence), [
      ...Array.from({ length: 2500 }, (_, n) => n + 1),
      ...Array.from({ length: 90 }, (_, n) => n + 2511),
    ]);
    assert.equal(textOf(all[0]!.payload), "1");
    assert.equal(all.at(-1)?.id, "run-2600-0");
    const stored = all.map(({ storedAtUs = 0 }) => storedAtUs);
    assert.ok(stored.every((atUs, i) => atUs >= (stored[i - 1] ?? state.firstAtUs)));
    const some = await read(transport, { filters, from: { sequence: 2490 }, toSequence: 2515 });
    const positions = some.map(({ streamSequence }) => streamSequence);
    assert.deepEqual([positions[0], positions.length, positions.at(-1)], [2490, 16, 2515]);
    const beyond = { filters, from: { sequence: 9000 }, toSequence: 9999 };
    assert.deepEqual(await read(transport, beyond), []);
    const overlapping = [`${env}.kraken.ticker.A`, `${env}.*.ticker.*`, `${env}.x.*.>`];
    const from = { timeUs: state.firstAtUs };
    const tickers = await read(transport, { filters: overlapping, from, toSequence: 2600 });
    assert.equal(tickers.length, 10);
  });

  test("reading ends where it is told to", async ({ transport, env }) => {
    await publishAll(transport.publisher(), messagesOf(`${env}.kraken.trade.A`, 1, 2500));
    const stop = new AbortController();
    const reading = transport.read({
      ...{ filters: [`${env}.>`], from: { sequence: 1 }, toSequence: 2500 },
      signal: stop.signal,
    });
    let count = 0;
    await assert.doesNotReject(async () => {
      try {
        for await (const batch of reading) {
          count += batch.length;
          stop.abort();
        }
      } catch (error) {
        assert.equal(error, stop.signal.reason);
      }
    });
    assert.ok(count < 2500);
  });
}

function consumeTests(test: TransportTest): void {
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
function positionTests(test: TransportTest): void {
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

function pauseTests(test: TransportTest): void {
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

function lastIdTests(test: TransportTest): void {
  test("last is the newest message that a filter means", async ({ transport, env }) => {
    assert.equal((await transport.last(`${env}.>`))?.id, undefined);
    const publisher = transport.publisher();
    const ids = {
      "kraken.trade.A": "k-1-0",
      "kalshi.trade.B": "l-7-2",
      "kraken.gap._all": "k-2-0",
    };
    for (const [rest, id] of Object.entries(ids)) {
      publisher.publish({ subject: `${env}.${rest}`, payload: new Uint8Array(1), id });
    }
    await publisher.flush();
    assert.equal((await transport.last(`${env}.>`))?.id, "k-2-0");
    assert.equal((await transport.last(`${env}.kalshi.>`))?.id, "l-7-2");
    assert.equal((await transport.last(`${env}.*.trade.*`))?.id, "l-7-2");
    assert.equal((await transport.last(`${env}.kraken.trade.A`))?.id, "k-1-0");
    assert.equal((await transport.last(`${env}.polymarket.>`))?.id, undefined);
  });
}

function requestTests(test: TransportTest): void {
  test("a request is answered, at once or later", async ({ transport, env }) => {
    const subject = `${env}.archiver.status`;
    const subscription = await transport.respond(subject, async (payload) => {
      await Promise.resolve();
      return UTF8.encode(`answer to ${textOf(payload)}`);
    });
    const answers = await Promise.all(
      ["one", "two", "three"].map((text) => transport.request(subject, UTF8.encode(text), 60_000)),
    );
    assert.deepEqual(answers.map(textOf), ["answer to one", "answer to two", "answer to three"]);
    subscription.unsubscribe();
    await assert.rejects(transport.request(subject, new Uint8Array(), 60_000), {
      code: "NO_RESPONDER",
    });
    assert.equal(
      (await transport.last(`${env}.>`))?.id,
      undefined,
      "requests are not in the stream",
    );
  });

  test("an answer that fails or is late is an error of its own", async ({ transport, env }) => {
    const never = Promise.withResolvers<Uint8Array>();
    await transport.respond(`${env}.fails`, () => {
      throw new RangeError("no such market");
    });
    await transport.respond(`${env}.late`, () => never.promise);
    await assert.rejects(transport.request(`${env}.fails`, new Uint8Array(), 60_000), {
      code: "REQUEST_FAILED",
      message: /no such market/,
    });
    await assert.rejects(transport.request(`${env}.late`, new Uint8Array(), 20), {
      code: "REQUEST_TIMEOUT",
    });
    never.resolve(new Uint8Array());
  });
}

function headerTests(test: TransportTest): void {
  test("headers come back as they were given, live and later", async ({ transport, env }) => {
    const [live, later] = [new Received(), new Received()];
    await transport.subscribe([`${env}.>`], live.take);
    const consumer = await transport.consume({
      name: "archiver-main",
      filters: [`${env}.>`],
      onMessage: later.take,
      onHole: noHole,
    });
    const publisher = transport.publisher();
    const headers = new Map([["Trace-Id", "abc 1:2"], ["empty", ""]]);
    const [plain, ...more] = messagesOf(`${env}.kraken.trade.A`, 1, 3);
    await publishAll(publisher, [
      plain as OutMessage,
      ...more.map((each) => ({ ...each, headers })),
    ]);
    for (const received of [live, later]) {
      await received.until(3);
      const [first, second, third] = received.messages;
      assert.deepEqual([...first?.headers ?? []], []);
      for (const message of [second, third]) {
        assert.deepEqual(new Map(message?.headers), headers);
        assert.equal(message?.late ?? false, false);
      }
      assert.deepEqual(received.ids, ["run-1-0", "run-2-0", "run-3-0"]);
    }
    await consumer.close();
  });

  test("headers that would not come back are refused", async ({ transport, env }) => {
    const publisher = transport.publisher();
    const [message] = messagesOf(`${env}.kraken.trade.A`, 1, 1) as [OutMessage];
    const wrong = [["", "x"], ["a b", "x"], ["a:b", "x"], ["a", " x"], ["a", "x\r\ny"], ["a", "é"]];
    for (const [name = "", value = ""] of [...wrong, ["Nats-Msg-Id", "x"], ["Ssmd-Late", "1"]]) {
      assert.throws(
        () => publisher.publish({ ...message, headers: new Map([[name, value]]) }),
        { code: "HEADER_INVALID" },
      );
    }
    await publisher.close();
    assert.equal((await transport.last(`${env}.>`))?.id, undefined);
  });
}

function groupTests(test: TransportTest): void {
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
