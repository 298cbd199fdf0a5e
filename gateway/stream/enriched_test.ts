import assert from "node:assert/strict";
import { ENVIRONMENT_FILE } from "@ssmd/metadata";
import { openAccess } from "../access/access.ts";
import { keylessAuthenticator } from "../access/authenticator.ts";
import { type GatewayRig, until, withGateway } from "../testing/gateway_rig.ts";
import { bitOf, BOOK_BIT } from "./type_bits.ts";

const environment = ENVIRONMENT_FILE.parse({
  ...{ name: "test", feeds: ["kraken"], schema: "v1" },
  symbols: { BTCUSD: { feed: "kraken", external: "BTC/USD" } },
  enrich: [{ name: "a", type: "calculation", values: { twice: "2 * last" } }],
  ...{ transport: { type: "memory" }, storage: { type: "memory" } },
});

/** A row on the bus; any text where it is given. */
async function publish({ transport }: GatewayRig, twice: number, text?: string): Promise<void> {
  const row = { symbol: "BTCUSD", feed: "kraken", time: 1e12 + twice, valid: true, twice };
  const payload = new TextEncoder().encode(
    text ?? JSON.stringify({ ...row, chain: "0123456789ab" }),
  );
  const publisher = transport.publisher();
  publisher.publish({ subject: "test.kraken.enriched.BTCUSD", payload, id: `row-${twice}` });
  await publisher.flush();
  await publisher.close();
}

const ASK = { action: "subscribe", symbols: ["BTCUSD"], types: ["enriched"] };

Deno.test("rows of enrichers come from the newest one on, to who names them, in every format and mode", () =>
  withGateway(
    async (rig) => {
      await publish(rig, 1);
      await publish(rig, 2);
      const [plain, all, slow] = [await rig.client(), await rig.client(), await rig.client()];
      const packed = await rig.client("?format=capnp");
      all.send({ action: "subscribe", symbols: ["BTCUSD"] });
      await all.settle();
      for (const client of [plain, packed]) client.send(ASK);
      slow.send({ ...ASK, mode: "conflated", interval_ms: 10 });
      const twos = [plain, packed, slow].map((client) =>
        client.next("enriched", ({ twice }) => twice === 2)
      );
      for (const two of await Promise.all(twos)) assert.equal(two["chain"], "0123456789ab");
      await publish(rig, 3, "{[");
      await publish(rig, 4, '{"symbol":"ETHUSD","feed":"kraken","time":1,"valid":true,"chain":""}');
      await publish(rig, 5);
      for (const client of [plain, packed]) {
        await until(() => client.count("enriched") === 2);
        assert.deepEqual(client.of("enriched").map(({ twice }) => twice), [2, 5]);
      }
      const newest = await slow.next("enriched", ({ twice }) => twice === 5);
      assert.equal(newest["conflated"], true);
      await all.settle();
      assert.deepEqual(all.of("enriched"), []);
      plain.send({ ...ASK, since: 1, id: "past" });
      const refused = await plain.next("error", ({ id }) => id === "past");
      assert.equal(refused["code"], "invalid_request");
      plain.send({ action: "unsubscribe", symbols: ["BTCUSD"] });
      const { markets } = await plain.next("unsubscribed");
      assert.equal(markets, 0);
    },
    true,
    { environment },
  ));

Deno.test("who may not see all that rows are made of gets none; where nothing enriches it is an error", async () => {
  const access = openAccess("viewer");
  const authenticator = {
    ...keylessAuthenticator({ host: "127.0.0.1" }),
    authenticate: () =>
      Promise.resolve({ ...access, typesOf: () => BOOK_BIT | bitOf("ticker") | bitOf("gap") }),
  };
  await withGateway(
    async (rig) => {
      const client = await rig.client();
      client.send(ASK);
      const { withheld } = await client.next("subscribed");
      assert.deepEqual(withheld, ["BTCUSD"]);
      await publish(rig, 1);
      client.send({ action: "snapshot", symbols: ["BTCUSD"], types: ["enriched"] });
      await client.settle();
      assert.deepEqual(client.of("enriched"), []);
    },
    true,
    { environment, authenticator },
  );
  await withGateway(async (rig) => {
    const client = await rig.client();
    client.send(ASK);
    const { code, number } = await client.next("error");
    assert.deepEqual([code, number], ["not_enriched", 1012]);
  });
});
