/** A provider of language models on the loopback. @module */
import { createServer, type Server } from "node:http";

/** A JSON object. */
export type Json = Record<string, unknown>;

/** Answers as both providers do, from one list of answers; `429` = too many requests. */
export class FakeProvider implements AsyncDisposable {
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
        const tool = toolOf(JSON.parse(text));
        const messages = path.endsWith("/messages")
          ? anthropic(tool, answer)
          : openai(tool, answer);
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

/** Tool whose arguments carry the answer. */
function toolOf({ tools }: { tools?: { name?: string; function?: { name: string } }[] }): string {
  const [tool] = tools ?? [];
  return tool?.name ?? tool?.function?.name ?? "";
}

function openai(name: string, value: Json): Json {
  const call = { name, arguments: JSON.stringify(value) };
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

function anthropic(name: string, input: Json): Json {
  return {
    ...{ id: "m1", type: "message", role: "assistant", model: "m", stop_reason: "tool_use" },
    ...{ stop_sequence: null, usage: { input_tokens: 11, output_tokens: 7 } },
    content: [{ type: "tool_use", id: "t1", name, input }],
  };
}
