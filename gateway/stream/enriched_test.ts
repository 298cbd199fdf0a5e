import assert from "node:assert/strict";
import { openAccess } from "../access/access.ts";
import { keylessAuthenticator } from "../access/authenticator.ts";
import { Description } from "../testing/description.ts";
import { ENRICHED_ENVIRONMENT, publishRow } from "../testing/enriched_rows.ts";
import { until, withGateway } from "../testing/gateway_rig.ts";
import { bitOf, BOOK_BIT } from "./type_bits.ts";

const environment = ENRICHED_ENVIRONMENT;
const ASK = { action: "subscribe", symbols: ["BTCUSD"], types: ["enriched"] };

Deno.test("rows of enrichers come from the newest one on, to who names them, in every format and mode", () =>
  withGateway(
    async (rig) => {
      await publishRow(rig.transport, 1);
      await publishRow(rig.transport, 2);
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
      await publishRow(rig.transport, 3, "{[");
      await publishRow(
        rig.transport,
        4,
        '{"symbol":"ETHUSD","feed":"kraken","time":1,"valid":true,"chain":""}',
      );
      await publishRow(rig.transport, 5);
      for (const client of [plain, packed]) {
        await until(() => client.count("enriched") === 2);
        assert.deepEqual(client.of("enriched").map(({ twice }) => twice), [2, 5]);
      }
      const newest = await slow.next("enriched", ({ twice }) => twice === 5);
      assert.equal(newest["conflated"], true);
      const { status, body } = await rig.get("/v1/markets/BTCUSD/enriched");
      assert.deepEqual([status, body["twice"], body["chain"]], [200, 5, "0123456789ab"]);
      const description = new Description((await rig.get("/openapi.json")).body);
      const path = "/v1/markets/{symbol}/enriched";
      const answer = { path, method: "get", status: "200", type: "application/json" };
      assert.deepEqual(description.problems(answer, body), []);
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
      await publishRow(rig.transport, 1);
      client.send({ action: "snapshot", symbols: ["BTCUSD"], types: ["enriched"] });
      await client.settle();
      assert.deepEqual(client.of("enriched"), []);
      const { status, body } = await rig.get("/v1/markets/BTCUSD/enriched");
      assert.deepEqual([status, body["code"]], [404, "UNKNOWN_SYMBOL"]);
    },
    true,
    { environment, authenticator },
  );
  await withGateway(async (rig) => {
    const client = await rig.client();
    client.send(ASK);
    const { code, number } = await client.next("error");
    assert.deepEqual([code, number], ["not_enriched", 1012]);
    const { status, body } = await rig.get("/v1/markets/BTCUSD/enriched");
    assert.deepEqual([status, body["code"]], [404, "NOT_ENRICHED"]);
  });
});
