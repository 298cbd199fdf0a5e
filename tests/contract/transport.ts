import assert from "node:assert/strict";
import type { OutMessage } from "@ssmd/transport";
import { consumeTests, groupTests, pauseTests, positionTests } from "./bus_consumers.ts";
import {
  messagesOf,
  publishAll,
  type TransportSubject,
  type TransportTest,
} from "./bus_messages.ts";
import { historyTests, lastIdTests, subscribeTests } from "./bus_streams.ts";
import { keyValueTests } from "./key_value.ts";
import { noHole, Received } from "./received.ts";

const UTF8 = new TextEncoder();
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

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
