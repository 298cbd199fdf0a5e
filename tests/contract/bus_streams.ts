import assert from "node:assert/strict";
import { escapeToken } from "@ssmd/market";
import type { InMessage, ReadOptions, Transport } from "@ssmd/transport";
import { messagesOf, publishAll, type TransportTest } from "./bus_messages.ts";
import { noHole, Received } from "./received.ts";

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Registers the tests of live subscriptions. */
export function subscribeTests(test: TransportTest): void {
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

/** Registers the tests of reading what is kept. */
export function historyTests(test: TransportTest): void {
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

/** Registers the tests of the newest message. */
export function lastIdTests(test: TransportTest): void {
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
