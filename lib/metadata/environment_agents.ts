import { z } from "zod";
import { CREDENTIALS } from "./environment_key.ts";
import { address, fields, nameText, oneOf, plainText } from "./shape.ts";

const provider = (type: "openai" | "anthropic", what: string) =>
  fields({
    type: z.literal(type).describe(what),
    model: plainText.describe("Its name at the provider"),
    url: address(["https", "http"]).exactOptional()
      .describe("Address in place of the provider's own"),
    credentials: CREDENTIALS.describe("token → reference $key:name.field"),
  });

const MODEL = oneOf([
  fields({
    type: z.literal("scripted").describe("No language model: answers written beforehand"),
    path: plainText.exactOptional().describe("File of the answers; absent = the demo's"),
  }),
  provider("openai", "OpenAI"),
  provider("anthropic", "Anthropic"),
  fields({
    type: z.literal("compatible").describe("Whatever speaks OpenAI's chat completions"),
    model: plainText.describe("Its name there"),
    url: address(["https", "http"]).describe("Address, up to /v1"),
    credentials: CREDENTIALS.exactOptional().describe("token → reference $key:name.field"),
  }),
]);

const count = (most: number) => z.int().min(1).max(most).exactOptional();

const WEBHOOK = fields({
  url: address(["https", "http"]).describe("Where it is posted to; no redirect is followed"),
  credentials: CREDENTIALS.exactOptional()
    .describe("secret, which signs what is sent → reference $key:name.field"),
});

/** `agents` of an environment; without it no agent runs. */
export const AGENTS = fields({
  model: MODEL.exactOptional().describe(
    "The language model that agents ask; absent = no signal is written, and policies do their default",
  ),
  policies: z.array(nameText).min(1).exactOptional()
    .describe("Names of the policies that act on fires; absent = nothing is done"),
  webhooks: z.record(nameText, WEBHOOK).exactOptional()
    .describe("Addresses that policies may name, by name: nothing is sent to any other"),
  budget: fields({
    calls_per_thread: count(100).describe("Calls of the model for one request; absent = 8"),
    tokens_per_thread: count(10_000_000).describe("Tokens of one request; absent = 60,000"),
    calls_per_day: count(10_000_000).describe("Calls of the model on a day (UTC); absent = 10,000"),
    tokens_per_day: count(1_000_000_000).describe("Tokens of a day (UTC); absent = 500,000"),
  }).exactOptional().describe("What agents may spend"),
});

/** Model, policies and budget of agents. */
export type AgentsSpec = z.output<typeof AGENTS>;
