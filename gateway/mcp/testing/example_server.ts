import {
  acceptedContent,
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  completable,
  createRequestStateCodec,
  type ElicitRequestFormParams,
  fromJsonSchema,
  type InputRequests,
  inputRequired,
  type InputRequiredResult,
  inputResponse,
  type JsonSchemaType,
  McpServer,
  type PromptMessage,
  ResourceTemplate,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { z } from "zod";

type Result = CallToolResult | InputRequiredResult;

/** One red pixel. */
const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";
/** A header without samples. */
const WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=";
const IMAGE = { type: "image", data: PNG, mimeType: "image/png" } as const;

const text = (value: string) => ({ type: "text", text: value }) as const;
const said = (value: string): CallToolResult => ({ content: [text(value)] });
const embedded = (uri: string, mimeType: string, value: string) =>
  ({ type: "resource", resource: { uri, mimeType, text: value } }) as const;

/** Tools with constant answers. */
const CONTENTS: Readonly<Record<string, CallToolResult["content"]>> = {
  test_simple_text: [text("Some text")],
  test_image_content: [IMAGE],
  test_audio_content: [{ type: "audio", data: WAV, mimeType: "audio/wav" }],
  test_embedded_resource: [embedded("test://embedded", "text/plain", "Embedded")],
  test_multiple_content_types: [
    ...[text("Three kinds"), IMAGE],
    embedded("test://mixed", "application/json", '{"of":"three"}'),
  ],
};

const NAMED = [["value1", "First"], ["value2", "Second"]] as const;
const TITLED = NAMED.map(([value, title]) => ({ const: value, title }));
const OPTIONS = ["option1", "option2", "option3"];

/** Elicitation forms for older clients. */
const FORMS: Readonly<Record<string, ElicitRequestFormParams["requestedSchema"]["properties"]>> = {
  test_elicitation: { response: { type: "string", description: "Anything" } },
  test_elicitation_sep1034_defaults: {
    name: { type: "string", default: "John Doe" },
    age: { type: "integer", default: 30 },
    score: { type: "number", default: 95.5 },
    status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
    verified: { type: "boolean", default: true },
  },
  test_elicitation_sep1330_enums: {
    untitledSingle: { type: "string", enum: OPTIONS },
    titledSingle: { type: "string", oneOf: TITLED },
    legacyEnum: { type: "string", enum: ["opt1", "opt2"], enumNames: ["Option 1", "Option 2"] },
    untitledMulti: { type: "array", items: { type: "string", enum: OPTIONS } },
    titledMulti: { type: "array", items: { anyOf: TITLED } },
  },
};

/** A schema with features new in JSON Schema 2020-12. */
const SCHEMA_2020: JsonSchemaType = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  $defs: {
    address: { $anchor: "addressDef", type: "object", properties: { city: { type: "string" } } },
  },
  properties: { address: { $ref: "#/$defs/address" }, phone: { type: "string" } },
  allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["address"] }] }],
  if: { required: ["phone"] },
  then: { required: ["phone"] },
  else: { required: ["address"] },
  additionalProperties: false,
};

/** Parameter that a client repeats in a header. */
const REGION: JsonSchemaType = Object.assign({ type: "string" } as const, {
  "x-mcp-header": "Region",
});

const ask = (message: string, name: string) =>
  inputRequired.elicit({
    message,
    requestedSchema: {
      type: "object",
      properties: { [name]: { type: "string" } },
      required: [name],
    },
  });
const complete = (question: string) =>
  inputRequired.createMessage({
    messages: [{ role: "user", content: text(question) }],
    maxTokens: 100,
  });
const ASK_NAME = { user_name: ask("What is your name?", "name") };
const OK = z.object({ ok: z.boolean() });
const CONFIRM = {
  confirm: inputRequired.elicit({ message: "Please confirm", requestedSchema: OK }),
};

/** Requests to newer clients, in one round. */
const QUESTIONS: Readonly<Record<string, InputRequests>> = {
  test_input_required_result_sampling: { capital: complete("What is the capital of France?") },
  test_input_required_result_list_roots: { client_roots: inputRequired.listRoots() },
  test_input_required_result_request_state: CONFIRM,
  test_input_required_result_tampered_state: CONFIRM,
  test_input_required_result_multiple_inputs: {
    ...{ ...ASK_NAME, greeting: complete("Greet me") },
    client_roots: inputRequired.listRoots(),
  },
  test_streaming_elicitation: ASK_NAME,
  test_missing_capability: { greeting: complete("Greet me") },
};

const STATES = createRequestStateCodec<string>({ key: crypto.getRandomValues(new Uint8Array(32)) });

async function asked(inputRequests: InputRequests, state: string): Promise<Result> {
  return inputRequired({ inputRequests, requestState: await STATES.mint(state) });
}

/** One round for a name; an invalid answer is requested again. */
function askName({ mcpReq: { inputResponses } }: ServerContext): Result {
  const NAME = z.object({ name: z.string() });
  const given = acceptedContent(inputResponses, "user_name", NAME);
  return given === undefined
    ? inputRequired({ inputRequests: ASK_NAME })
    : said(`Hello, ${given.name}`);
}

/** Two rounds, each with its own state. */
async function askTwice({ mcpReq }: ServerContext): Promise<Result> {
  const state = mcpReq.requestState<string>();
  if (state === undefined) return await asked({ step1: ask("Step 1: your name?", "name") }, "1");
  if (state === "1") return await asked({ step2: ask("Step 2: your color?", "color") }, "2");
  return said("Both steps are done");
}

function capabilitiesOf({ mcpReq: { envelope } }: ServerContext): ClientCapabilities {
  return (envelope as Record<string, ClientCapabilities>)[CLIENT_CAPABILITIES_META_KEY] ?? {};
}

/** Requests only what the client declared. */
function askWithin(context: ServerContext): Result {
  if (context.mcpReq.inputResponses !== undefined) return said("Answered");
  const { sampling, elicitation } = capabilitiesOf(context);
  return inputRequired({
    inputRequests: {
      ...(sampling === undefined ? {} : { capital: complete("What is the capital of France?") }),
      ...(elicitation === undefined ? {} : ASK_NAME),
    },
  });
}

async function log({ mcpReq }: ServerContext): Promise<Result> {
  for (const each of ["started", "goes on", "ends"]) await mcpReq.log("info", each);
  return said("Logged");
}

async function tellProgress({ mcpReq }: ServerContext): Promise<Result> {
  const progressToken = mcpReq._meta?.progressToken;
  for (const progress of progressToken === undefined ? [] : [0, 50, 100]) {
    await mcpReq.notify({
      method: "notifications/progress",
      params: { progressToken: progressToken as string, progress, total: 100 },
    });
  }
  return said("Done");
}

/** Tools without arguments that have effects. */
const ACTIONS: Readonly<Record<string, (context: ServerContext) => Result | Promise<Result>>> = {
  test_error_handling: () => {
    throw new Error("This tool always fails");
  },
  test_tool_with_logging: log,
  test_logging_tool: log,
  test_tool_with_progress: tellProgress,
  test_input_required_result_elicitation: askName,
  test_input_required_result_multi_round: askTwice,
  test_input_required_result_capabilities: askWithin,
};

function addTools(server: McpServer): void {
  for (const [name, content] of Object.entries(CONTENTS)) {
    server.registerTool(name, { description: name }, () => ({ content }));
  }
  for (const [name, properties] of Object.entries(FORMS)) {
    server.registerTool(name, { description: name }, async ({ mcpReq }) => {
      const requestedSchema = { type: "object" as const, properties };
      const { action } = await mcpReq.elicitInput({ message: name, requestedSchema }, {
        relatedRequestId: mcpReq.id,
      });
      return said(`The person says ${action}`);
    });
  }
  for (const [name, questions] of Object.entries(QUESTIONS)) {
    server.registerTool(
      name,
      { description: name },
      async ({ mcpReq }) => mcpReq.inputResponses ? said("state-ok") : await asked(questions, name),
    );
  }
  for (const [name, act] of Object.entries(ACTIONS)) {
    server.registerTool(name, { description: name }, (context) => act(context));
  }
  const prompt = z.object({ prompt: z.string() });
  server.registerTool(
    "test_sampling",
    { description: "Asks the client's model", inputSchema: prompt },
    async (args, { mcpReq }) => {
      const messages = [{ role: "user" as const, content: text(args.prompt) }];
      const { content } = await mcpReq.requestSampling({ messages, maxTokens: 100 }, {
        relatedRequestId: mcpReq.id,
      });
      return said(`LLM response: ${JSON.stringify(content)}`);
    },
  );
  const schemas: Record<string, JsonSchemaType> = {
    json_schema_2020_12_tool: SCHEMA_2020,
    test_header: {
      type: "object",
      properties: { region: REGION },
    },
  };
  for (const [name, schema] of Object.entries(schemas)) {
    const inputSchema = fromJsonSchema(schema);
    server.registerTool(name, { description: name, inputSchema }, () => said("It fits"));
  }
}

function addPrompts(server: McpServer): void {
  const user = (content: PromptMessage["content"]) => ({ role: "user", content }) as const;
  const add = (name: string, ...messages: PromptMessage[]) =>
    server.registerPrompt(name, { description: name }, () => ({ messages }));
  add("test_simple_prompt", user(text("A simple prompt")));
  add("test_prompt_with_image", user(IMAGE), user(text("What is this?")));
  const argument = completable(z.string(), (value) => [`${value}ing`]);
  server.registerPrompt("test_prompt_with_arguments", {
    description: "Says its arguments",
    argsSchema: z.object({ arg1: argument, arg2: z.string() }),
  }, ({ arg1, arg2 }) => ({ messages: [user(text(`${arg1} and ${arg2}`))] }));
  server.registerPrompt("test_prompt_with_embedded_resource", {
    description: "Embeds a resource",
    argsSchema: z.object({ resourceUri: z.string() }),
  }, ({ resourceUri }) => ({ messages: [user(embedded(resourceUri, "text/plain", "Embedded"))] }));
  server.registerPrompt(
    "test_input_required_result_prompt",
    { description: "Asks first" },
    ({ mcpReq: { inputResponses } }) =>
      inputResponse(inputResponses, "context").kind === "missing"
        ? inputRequired({ inputRequests: { context: ask("In what context?", "context") } })
        : { messages: [user(text("Thank you"))] },
  );
}

function addResources(server: McpServer): void {
  const plain = { mimeType: "text/plain" };
  for (const uri of ["test://static-text", "test://watched-resource"]) {
    server.registerResource(uri, uri, plain, () => ({
      contents: [{ uri, ...plain, text: "Some text" }],
    }));
  }
  const [binary, mimeType] = ["test://static-binary", "image/png"];
  server.registerResource(binary, binary, { mimeType }, () => ({
    contents: [{ uri: binary, mimeType, blob: PNG }],
  }));
  const template = new ResourceTemplate("test://template/{id}/data", { list: undefined });
  server.registerResource("template", template, plain, ({ href }, { id }) => ({
    contents: [{ uri: href, ...plain, text: `Data of ${id}` }],
  }));
  server.server.setRequestHandler("resources/subscribe", () => ({}));
  server.server.setRequestHandler("resources/unsubscribe", () => ({}));
}

/** Server with what the protocol's conformance suite expects, instead of the tools. */
export function exampleServer(): McpServer {
  const server = new McpServer({ name: "example", version: "1" }, {
    capabilities: {
      ...{ logging: {}, completions: {}, tools: { listChanged: false } },
      ...{ prompts: { listChanged: false }, resources: { listChanged: false, subscribe: true } },
    },
    requestState: STATES,
  });
  addTools(server);
  addPrompts(server);
  addResources(server);
  return server;
}
