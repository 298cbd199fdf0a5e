import assert from "node:assert/strict";
import { EVENT_TYPES } from "@ssmd/market";
import { MODES, REQUESTS } from "../protocol/requests.ts";
import {
  ABSENT_SYMBOL,
  CANARY,
  ENTITLED,
  type GuardedGateway,
  HIDDEN_FEED,
  HIDDEN_SYMBOL,
  withGuardedGateway,
} from "./testing/guarded_gateway.ts";
import { GuardedStream, openRawStream, type StreamMessage } from "./testing/guarded_stream.ts";

/** What stands in a request in place of symbols: what is seen, what is hidden, what is not there. */
function patternsWith(name: string): string[][] {
  return [[name], [`${name}*`], ["*"], ["B*", name], ["BTCUSD", `${name.slice(0, 3)}*`]];
}

/** Every request that the protocol knows, with these symbols. */
function* requests(name: string): Generator<Record<string, unknown>> {
  const types = [undefined, ...EVENT_TYPES.map((type) => [type]), [...EVENT_TYPES]];
  const sinces = [undefined, 0, 1, "2020-01-01T00:00:00Z"];
  for (const action of Object.keys(REQUESTS)) {
    for (const symbols of patternsWith(name)) {
      for (const each of types) {
        for (const mode of MODES) {
          const request = { action, symbols, mode, ...(each && { types: each }) };
          if (action !== "subscribe") yield request;
          else {for (const since of sinces) {
              yield { ...request, ...(since !== undefined && { since }) };
            }}
        }
      }
    }
  }
}

/** What a message says, without the names that were asked for, numbers and times. */
function plain(message: StreamMessage, name: string): string {
  const text = JSON.stringify(message).replaceAll(name, "NAME");
  const named = text.replaceAll(name.slice(0, 3), "NAM");
  // Places in the bus and counts of what is replayed grow from one try to the next.
  return named.replace(/"(pos|from|lost_from|count)":\d+/g, '"$1":N')
    .replace(/\d{9,}(\.\d+)?/g, "TIME");
}

/** Messages that say what became of a request. */
const ANSWERS = ["subscribed", "unsubscribed", "snapshot", "resumed", "error", "notice"];

Deno.test("no request gets anything of what is hidden, and none is told that it is there", () =>
  withGuardedGateway(async (rig) => {
    rig.publish();
    const key = await rig.key("desk", {}, ENTITLED);
    const [hidden, absent] = [requests(HIDDEN_SYMBOL), requests(ABSENT_SYMBOL)];
    let requested = 0;
    for (const request of hidden) {
      const other = absent.next().value as Record<string, unknown>;
      const reported: string[] = [];
      for (const [each, name] of [[request, HIDDEN_SYMBOL], [other, ABSENT_SYMBOL]] as const) {
        const stream = await GuardedStream.open(rig.gateway.url, key);
        stream.send({ ...each, id: "asked" });
        await stream.settle();
        // The end of what is replayed is told before that or behind it.
        const isReplayed = stream.of("subscribed").some(({ recovered }) => recovered === true);
        if (isReplayed) await stream.next("resumed");
        const answers = stream.messages.filter(({ type }) => ANSWERS.includes(type));
        reported.push(answers.map((message) => plain(message, name)).join("\n"));
        rig.publish();
        await stream.settle();
        stream.assertOnly(["BTCUSD"], ["trade", "gap"]);
        await stream.close();
      }
      assert.equal(reported[0], reported[1], JSON.stringify(request));
      requested++;
    }
    assert.ok(requested > 200, String(requested));
  }));

Deno.test("what is visible comes: the guard does not just keep everything", () =>
  withGuardedGateway(async (rig) => {
    const key = await rig.key("desk", {}, ENTITLED);
    for (const mode of MODES) {
      const stream = await GuardedStream.open(rig.gateway.url, key);
      stream.send({ action: "subscribe", symbols: ["*"], mode, interval_ms: 10 });
      await stream.settle();
      rig.publish();
      await stream.next("trade");
      await stream.next("gap");
      await stream.close();
    }
  }));

Deno.test("what is resumed is of the entitlement too", () =>
  withGuardedGateway(async (rig) => {
    const [all, key] = [await rig.key("all", {}, {}), await rig.key("desk", {}, ENTITLED)];
    const first = await GuardedStream.open(rig.gateway.url, all);
    first.send({ action: "subscribe", symbols: ["*"] });
    await first.settle();
    rig.publish();
    const { pos } = await first.next("trade");
    await first.next("trade", ({ feed }) => feed === HIDDEN_FEED);
    await first.close();
    for (const symbols of [["*"], ["BTCUSD"], [`${HIDDEN_SYMBOL}*`]]) {
      const stream = await GuardedStream.open(rig.gateway.url, key);
      stream.send({ action: "subscribe", symbols, since: Number(pos) });
      const { recovered } = await stream.next("subscribed");
      assert.notEqual(recovered, false);
      await stream.next("resumed");
      await stream.settle();
      stream.assertOnly(["BTCUSD"], ["trade", "gap"]);
      assert.equal(stream.of("gap").length > 0, symbols[0] !== `${HIDDEN_SYMBOL}*`);
      await stream.close();
    }
  }));

Deno.test("asking by name for what is hidden is journaled, asking for what is not there is not", () =>
  withGuardedGateway(async (rig) => {
    const stream = await GuardedStream.open(rig.gateway.url, await rig.key("desk", {}, ENTITLED));
    stream.send({ action: "subscribe", symbols: [ABSENT_SYMBOL] });
    await stream.settle();
    assert.deepEqual(rig.journal, []);
    stream.send({ action: "subscribe", symbols: [HIDDEN_SYMBOL] });
    await stream.settle();
    const written = rig.journal.map(({ code, client, what }) => [code, client, what]);
    assert.deepEqual(written, [["NOT_ENTITLED", "desk", HIDDEN_SYMBOL]]);
    await stream.close();
  }));

Deno.test("a market that appears later comes where it is entitled, and only there", () =>
  withGuardedGateway(async (rig) => {
    const key = await rig.key("desk", {}, ENTITLED);
    const stream = await GuardedStream.open(rig.gateway.url, key);
    stream.send({ action: "subscribe", symbols: ["*"] });
    await stream.settle();
    rig.kraken.trade("BTCLATE", 5);
    rig.kraken.trade("QZXLATE", 6);
    rig.secret.trade("BTCLATE2", 7);
    await stream.next("trade", ({ symbol }) => symbol === "BTCLATE");
    await stream.settle();
    stream.assertOnly(["BTCLATE"], ["trade", "gap"]);
    assert.equal(stream.of("trade").length, 1);
    await stream.close();
  }));

Deno.test("an open stream gets what is given, and nothing more of what is taken away", () =>
  withGuardedGateway(async (rig) => {
    const key = await rig.key("desk");
    const stream = await GuardedStream.open(rig.gateway.url, key);
    stream.send({ action: "subscribe", symbols: ["*"] });
    await stream.settle();
    rig.publish();
    await stream.settle();
    stream.assertOnly([], []);
    const given = { feed: "kraken", symbols: "BTC*", types: ["trade"], expiresAtMs: null } as const;
    await rig.admin.entitle("desk", given);
    await rig.refresh();
    rig.publish();
    await stream.next("trade");
    await rig.admin.revoke("desk", "all");
    await rig.refresh();
    await stream.settle();
    const before = stream.of("trade").length;
    rig.publish();
    await stream.settle();
    assert.equal(stream.of("trade").length, before);
    stream.assertOnly(["BTCUSD"], ["trade", "gap"]);
    await stream.close();
  }));

Deno.test("gaps of another feed and of hidden markets are not told, those of its own feed are", () =>
  withGuardedGateway(async (rig) => {
    const key = await rig.key("desk", {}, ENTITLED);
    const stream = await GuardedStream.open(rig.gateway.url, key);
    stream.send({ action: "subscribe", symbols: ["*"] });
    await stream.settle();
    rig.secret.gap("disconnect", true);
    rig.kraken.gap("sequence", true, HIDDEN_SYMBOL);
    rig.kraken.gap("disconnect", true);
    await stream.next("gap");
    await stream.settle();
    assert.deepEqual(stream.of("gap").map(({ feed, symbol }) => [feed, symbol]), [
      ["kraken", "_all"],
    ]);
    await stream.close();
  }));

Deno.test("a stream that does not answer the close of a revoked key gets nothing more either", () =>
  withGuardedGateway(async (rig) => {
    const key = await rig.key("desk", {}, ENTITLED);
    const raw = await openRawStream(rig.gateway.url, key, { query: "?symbols=*" });
    await raw.until("subscribed");
    rig.publish();
    await raw.until('"type":"trade"');
    await rig.admin.update("desk", { enabled: false });
    await rig.refresh();
    await raw.until("client_disabled");
    const length = raw.text().length;
    for (let i = 0; i < 5; i++) rig.publish();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(!raw.text().slice(length).includes('"type":"trade"'), "it was sent on");
    await raw.ended;
  }));

async function refusalOf(rig: GuardedGateway, path: string, headers: Record<string, string> = {}) {
  const raw = await openRawStream(rig.gateway.url, "", {
    query: path.replace("/v1/stream", ""),
    headers,
  });
  await raw.until("}");
  raw.destroy();
  const text = raw.text();
  return { status: Number(text.slice(9, 12)), code: JSON.parse(text.split("\r\n\r\n")[1]!).code };
}

Deno.test("a handshake without a key, with a bad one or with one in its address is refused", () =>
  withGuardedGateway(async (rig) => {
    const key = await rig.key("desk", {}, ENTITLED);
    const none = await refusalOf(rig, "/v1/stream");
    assert.deepEqual(none, { status: 401, code: "KEY_MISSING" });
    const bad = await refusalOf(rig, "/v1/stream", { authorization: "Bearer ssmd_x" });
    assert.deepEqual(bad, { status: 401, code: "KEY_INVALID" });
    const address = await refusalOf(rig, `/v1/stream?key=${key}`);
    assert.deepEqual(address, { status: 401, code: "KEY_IN_ADDRESS" });
  }));

Deno.test("a page gets a ticket and opens a stream with it, once", () =>
  withGuardedGateway(async (rig) => {
    const key = await rig.key("desk", {}, ENTITLED);
    const response = await fetch(`${rig.gateway.url}/v1/tickets`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}` },
    });
    const { stream: path } = await response.json();
    const ws = new WebSocket(`${rig.gateway.url.replace("http", "ws")}${path}&symbols=BTCUSD`);
    const messages: string[] = [];
    await new Promise<void>((resolve, reject) => {
      ws.onerror = () => reject(new Error("refused"));
      ws.onmessage = ({ data }) => {
        messages.push(JSON.parse(data).type);
        if (messages.length === 2) resolve();
      };
    });
    assert.deepEqual(messages, ["welcome", "subscribed"]);
    const closed = new Promise((resolve) => ws.onclose = resolve);
    ws.close();
    await closed;
    assert.equal((await refusalOf(rig, path)).code, "KEY_INVALID");
  }));

Deno.test("the welcome tells of own feeds and markets only", () =>
  withGuardedGateway(async (rig) => {
    rig.publish();
    const stream = await GuardedStream.open(rig.gateway.url, await rig.key("desk", {}, ENTITLED));
    const welcome = await stream.next("welcome");
    assert.deepEqual([welcome["feeds"], welcome["markets"]], [["kraken"], 1]);
    assert.ok(!JSON.stringify(welcome).includes(HIDDEN_FEED));
    assert.ok(!JSON.stringify(welcome).includes(CANARY));
    await stream.close();
  }));
