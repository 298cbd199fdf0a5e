import assert from "node:assert/strict";
import { z } from "zod";
import { FakeProvider } from "../../tests/servers/fake_provider.ts";
import { answerSchema } from "./model.ts";
import { openModel } from "./open_model.ts";

const SCHEMA = answerSchema(z.strictObject({ number: z.int() }));
const QUESTION = { task: "answer_of_test", system: "rules", user: "which?", schema: SCHEMA };

for (const type of ["openai", "compatible", "anthropic"] as const) {
  Deno.test({
    name:
      `a model of ${type} answers by the schema, is asked again when it is busy, and is counted`,
    // The providers' clients keep their connections.
    ...{ sanitizeOps: false, sanitizeResources: false },
    fn: async () => {
      await using provider = await new FakeProvider([429, { number: 4 }]).start();
      const url = type === "anthropic" ? provider.url : `${provider.url}/v1`;
      const model = await openModel({ type, model: "m", url, token: "secret-token" });
      const answer = await model.ask(QUESTION);
      assert.deepEqual(answer, { value: { number: 4 }, tokensIn: 11, tokensOut: 7 });
      assert.equal(provider.requests.length, 2);
      const { headers, body } = provider.requests[1] ?? { headers: {}, body: {} };
      assert.match(JSON.stringify(headers), /secret-token/);
      assert.match(JSON.stringify(body), /rules.*which\?|which\?.*rules/);
    },
  });
}

Deno.test("a provider that is away is told as such", async () => {
  const model = await openModel({
    ...{ type: "compatible", model: "m", url: "http://127.0.0.1:1/v1", token: "" },
  });
  await assert.rejects(model.ask(QUESTION), { code: "MODEL_UNAVAILABLE" });
});
