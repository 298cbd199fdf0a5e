import assert from "node:assert/strict";
import type { Credentials } from "@ssmd/exchanges";
import { Health, readinessReport, silentLogger } from "@ssmd/runtime";
import { AcceptedCredentials } from "./accepted_credentials.ts";
import { AccessDenial } from "./access_denial.ts";
import { ConnectorRig } from "./testing/connector_rig.ts";
import { send } from "./testing/fake_exchange.ts";

const BODY = JSON.stringify({ error: { code: "auth", message: "no such key" } });

/** A rig whose venue wants a key, which its source gives. */
function rigWith(source: { key: string }, health: Health = new Health()): ConnectorRig {
  const rig = new ConnectorRig({
    health,
    credentials: () => Promise.resolve({ key: source.key }),
    venue: {
      handshake: (url, { key = "" }) => Promise.resolve({ url, headers: { "x-key": key } }),
    },
  });
  rig.exchange.denies = (key) => key === "right" ? undefined : BODY;
  return rig;
}

Deno.test("a key that is refused at the first connect ends the connector with the venue's sentence", async () => {
  const rig = rigWith({ key: "wrong" });
  const connector = await rig.start();
  const { code, message, hint } = await connector.denied;
  assert.equal(code, "VENUE_ACCESS_DENIED");
  assert.match(message, /refused the credentials \(HTTP 401: "no such key"\): check key_id/);
  assert.match(hint, /ssmd key set/);
  await connector.close();
  await rig.close();
});

Deno.test("a venue that opens and then denies what is asked for ends the connector just the same", async () => {
  const rig = rigWith({ key: "right" });
  rig.exchange.answers = () => ({
    refused: "code 9: Authentication required",
    terminal: false,
    denied: true,
  });
  const connector = await rig.start();
  const { code, message } = await connector.denied;
  assert.equal(code, "VENUE_ACCESS_DENIED");
  assert.match(message, /refused the credentials \(code 9: Authentication required\)/);
  await connector.close();
  await rig.close();
});

Deno.test("what is denied on a connection that gives the rest is no reason to end or to break it", async () => {
  const rig = rigWith({ key: "right" });
  const connector = await rig.start();
  const client = await rig.exchange.client(({ received }) => received.length > 0);
  send(client, { trade: "A", id: 1 });
  send(client, { refused: "code 9", terminal: false, denied: true, symbol: "A" });
  send(client, { trade: "A", id: 2 });
  await rig.until(() => rig.tradeIds().includes(2));
  assert.equal(rig.exchange.clients.length, 1);
  assert.equal(connector.stats().refused, 1);
  await connector.close();
  await rig.close();
});

Deno.test("a key that is mended before the second try is used, and nothing ends", async () => {
  const source = { key: "wrong" };
  const rig = rigWith(source);
  rig.exchange.denies = (key) => {
    if (key === "right") return undefined;
    source.key = "right";
    return BODY;
  };
  const connector = await rig.start();
  send(await rig.exchange.client(({ received }) => received.length > 0), { trade: "A", id: 1 });
  await rig.until((events) => events.some(({ type }) => type === "trade"));
  await connector.close();
  await rig.close();
});

Deno.test("a key that was rotated at the venue is a refused connection with its reason, and the new one is read without a restart", async () => {
  const source = { key: "right" };
  const health = new Health();
  const rig = rigWith(source, health);
  const connector = await rig.start();
  const client = await rig.exchange.client(({ received }) => received.length > 0);
  const denied: string[] = [];
  const twice = Promise.withResolvers<void>();
  rig.exchange.denies = (key) => {
    if (key === "rotated") return undefined;
    if (denied.push(key) === 2) twice.resolve();
    return BODY;
  };
  client.socket.terminate();
  await twice.promise;
  const isRefused = () => connector.stats().connections[0]?.state === "refused";
  while (!isRefused()) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.match(connector.stats().connections[0]?.why ?? "", /HTTP 401: "no such key"/);
  assert.match(readinessReport(health).reasons.join(), /no such key.*next try in \d+ s/);
  source.key = "rotated";
  await rig.exchange.client((each, at) => at > 0 && each.received.length > 0);
  assert.equal(connector.stats().connected, 1);
  await connector.close();
  await rig.close();
});

Deno.test("a key with which was captured before is waited for after a restart, another one is not", async () => {
  const dir = await Deno.makeTempDir();
  const known = () => new AcceptedCredentials(dir, "wss://venue", silentLogger);
  const isFinal = async (credentials: Credentials, before?: Credentials) => {
    const denial = new AccessDenial(known());
    if (before) {
      denial.opened(1, before);
      denial.served(1);
    }
    for (let tries = 0; tries < 3; tries++) denial.denied(1, credentials, "no");
    return await Promise.race([denial.final.then(() => true), Promise.resolve().then(() => false)]);
  };
  assert.equal(await isFinal({ key: "a" }), true);
  const earlier = new AccessDenial(known());
  earlier.opened(1, { key: "a" });
  assert.equal(await isFinal({ key: "a" }), true, "an open connection proves nothing yet");
  earlier.served(1);
  assert.equal(await isFinal({ key: "a" }), false, "it worked in an earlier run");
  assert.equal(await isFinal({ key: "b" }), true);
  assert.equal(await isFinal({ key: "b" }, { key: "a" }), false, "something was captured");
  const note = await Deno.readTextFile(`${dir}/accepted-credentials`);
  assert.match(note, /^[0-9a-f]{64}$/, "no key is written");
  await Deno.remove(dir, { recursive: true });
});
