import { z } from "zod";
import { CREDENTIALS } from "./environment_key.ts";
import { address, fields, nameText, oneOf, plainText } from "./shape.ts";

const provider = (type: "openai" | "anthropic", what: string) =>
  fields({
    type: z.literal(type).describe(what),
    model: plainText.describe("Name of the model at the provider"),
    url: address(["https", "http"]).exactOptional()
      .describe("Address that replaces the provider's own"),
    credentials: CREDENTIALS.describe("token → reference $key:name.field"),
  });

const MODEL = oneOf([
  fields({
    type: z.literal("scripted").describe("No language model: prepared answers"),
    path: plainText.exactOptional().describe("File of the answers; absent = the demo's"),
  }),
  provider("openai", "OpenAI"),
  provider("anthropic", "Anthropic"),
  fields({
    type: z.literal("compatible").describe("Any service with OpenAI's chat completions API"),
    model: plainText.describe("Name of the model at the service"),
    url: address(["https", "http"]).describe("Address, up to and including /v1"),
    credentials: CREDENTIALS.exactOptional().describe("token → reference $key:name.field"),
  }),
]);

const count = (most: number) => z.int().min(1).max(most).exactOptional();

const WEBHOOK = fields({
  url: address(["https", "http"]).describe(
    "Address of the POST request; redirects are not followed",
  ),
  credentials: CREDENTIALS.exactOptional()
    .describe("secret, with which requests are signed → reference $key:name.field"),
});

/** `agents` of an environment; without it no agent runs. */
export const AGENTS = fields({
  model: MODEL.exactOptional().describe(
    "Language model of the agents; absent = no signal is written, and policies use their " +
      "default action",
  ),
  policies: z.array(nameText).min(1).exactOptional()
    .describe("Names of the policies that act on fires; absent = none"),
  webhooks: z.record(nameText, WEBHOOK).exactOptional()
    .describe("Webhook addresses by name; policies can send only to these"),
  budget: fields({
    calls_per_thread: count(100).describe("Maximum model calls per request; absent = 8"),
    tokens_per_thread: count(10_000_000).describe("Maximum tokens per request; absent = 60,000"),
    calls_per_day: count(10_000_000).describe("Maximum model calls per day (UTC); absent = 10,000"),
    tokens_per_day: count(1_000_000_000).describe("Maximum tokens per day (UTC); absent = 500,000"),
  }).exactOptional().describe("Limits of the agents' model use"),
});

/** Model, policies and budget of agents. */
export type AgentsSpec = z.output<typeof AGENTS>;
