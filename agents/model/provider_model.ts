import { type Model, type ModelAnswer, type ModelSpec, modelUnavailable } from "./model.ts";
import { AGENT_LIMITS } from "../limits.ts";

type ProviderSpec = Exclude<ModelSpec, { type: "scripted" }>;

/** An answer with its raw message, for any provider. */
interface Structured {
  raw: { usage_metadata?: { input_tokens: number; output_tokens: number } };
  parsed: unknown;
}

/** The used part of the providers' classes; their types differ otherwise. */
interface StructuredChat {
  withStructuredOutput(
    schema: Readonly<Record<string, unknown>>,
    config: { name: string; includeRaw: true; method: string },
  ): { invoke(messages: [string, string][]): Promise<unknown> };
}

/** Opens a provider's model. Answers come as tool call arguments, which all providers support. */
export async function openProviderModel(spec: ProviderSpec): Promise<Model> {
  const chat = await chatOf(spec);
  const name = `${spec.type} ${spec.model}`;
  return {
    name,
    ask: async ({ task, system, user, schema }): Promise<ModelAnswer> => {
      const structured = chat.withStructuredOutput(schema, {
        ...{ name: task, includeRaw: true, method: "functionCalling" },
      });
      try {
        const messages: [string, string][] = [["system", system], ["user", user]];
        const { raw, parsed } = await structured.invoke(messages) as Structured;
        const { input_tokens: tokensIn = 0, output_tokens: tokensOut = 0 } = raw.usage_metadata ??
          {};
        return { value: parsed, tokensIn, tokensOut };
      } catch (error) {
        throw modelUnavailable(name, error);
      }
    },
  };
}

async function chatOf({ type, model, url, token }: ProviderSpec): Promise<StructuredChat> {
  // Local servers often need no token, but the library requires one.
  const apiKey = token === "" ? "none" : token;
  const common = { model, apiKey, temperature: 0, maxRetries: 3, maxTokens: 4_000 };
  if (type === "anthropic") {
    const { ChatAnthropic } = await import("@langchain/anthropic");
    const chat = new ChatAnthropic({
      ...{ ...common, clientOptions: { timeout: AGENT_LIMITS.modelMs } },
      ...(url === undefined ? {} : { anthropicApiUrl: url }),
    });
    return chat as unknown as StructuredChat;
  }
  const { ChatOpenAI } = await import("@langchain/openai");
  const chat = new ChatOpenAI({
    ...{ ...common, timeout: AGENT_LIMITS.modelMs },
    ...(url === undefined ? {} : { configuration: { baseURL: url } }),
  });
  return chat as unknown as StructuredChat;
}
