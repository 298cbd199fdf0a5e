import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { z } from "zod";
import { answerSchema } from "./model.ts";
import { openModel } from "./open_model.ts";

type Json = Record<string, unknown>;

/** Answers as both providers do, from one list of answers; `429` = too many requests. */
class FakeProvider implements AsyncDisposable {
  readonly requests: { path: string; headers: Json; body: Json }[] = [];
  url = "";
  #answers: (Json | 429)[];
  #server: Server;

  constructor(answers: (Json | 429)[]) {
    this.#answers = answers;
    this.#server = createServer((request, response) => {
      let text = "";
      request.on("data", (part) => text += part);
      request.on("end", () => {
        const path = request.url ?? "";
        this.requests.push({ path, headers: { ...request.headers }, body: JSON.parse(text) });
        const answer = this.#answers.shift() ?? {};
        if (answer === 429) {
          response.statusCode = 429;
          response.setHeader("retry-after", "0");
          return response.end(
            JSON.stringify({ error: { message: "slow down", type: "rate_limit" } }),
          );
        }
        response.setHeader("content-type", "application/json");
        const messages = path.endsWith("/messages") ? anthropic(answer) : openai(answer);
        response.end(JSON.stringify(messages));
      });
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function openai(value: Json): Json {
  const call = { name: "answer_of_test", arguments: JSON.stringify(value) };
  const tool_calls = [{ id: "call_1", type: "function", function: call }];
  return {
    ...{ id: "c1", object: "chat.completion", created: 1, model: "m" },
    choices: [{
      ...{ index: 0, finish_reason: "tool_calls" },
      message: { role: "assistant", content: null, tool_calls },
    }],
    usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
  };
}

function anthropic(input: Json): Json {
  return {
    ...{ id: "m1", type: "message", role: "assistant", model: "m", stop_reason: "tool_use" },
    ...{ stop_sequence: null, usage: { input_tokens: 11, output_tokens: 7 } },
    content: [{ type: "tool_use", id: "t1", name: "answer_of_test", input }],
  };
}

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
