import assert from "node:assert/strict";
import {
  ENTITLED,
  HIDDEN_SYMBOL,
  withGuardedGateway,
} from "../../access/testing/guarded_gateway.ts";
import { answerAsAgents } from "../../testing/agents_service.ts";

Deno.test("a reader gets the newest actions it may see, however many newer ones are hidden", () =>
  withGuardedGateway(async ({ gateway, key, transport }) => {
    const hidden = (n: number) => ({ id: `a-hidden${n}`, symbol: HIDDEN_SYMBOL });
    await answerAsAgents(transport, [
      ...[{ id: "a-new" }, ...Array.from({ length: 2_500 }, (_, n) => hidden(n))],
      ...[{ id: "a-old" }, { id: "a-older" }],
    ]);
    const text = await key("desk", {}, { ...ENTITLED, types: ["action"] });
    const ids = async (limit: number) => {
      const headers = { authorization: `Bearer ${text}` };
      const response = await fetch(`${gateway.url}/v1/actions?limit=${limit}`, { headers });
      const { actions } = await response.json();
      return actions.map(({ id }: { id: string }) => id);
    };
    assert.deepEqual(await ids(1), ["a-new"]);
    assert.deepEqual(await ids(2), ["a-new", "a-old"]);
    assert.deepEqual(await ids(100), ["a-new", "a-old", "a-older"]);
  }));

Deno.test("for a reader that may see no action only the first page is read", () =>
  withGuardedGateway(async ({ gateway, key, transport }) => {
    const hidden = Array.from({ length: 2_500 }, (_, n) => ({
      ...{ id: `a-hidden${n}`, symbol: HIDDEN_SYMBOL },
    }));
    const requested = await answerAsAgents(transport, hidden);
    const text = await key("desk", {}, { ...ENTITLED, types: ["action"] });
    const headers = { authorization: `Bearer ${text}` };
    const response = await fetch(`${gateway.url}/v1/actions?limit=10`, { headers });
    assert.deepEqual((await response.json()).actions, []);
    assert.deepEqual(requested.map(({ action }) => action), ["actions", "markets"]);
  }));
