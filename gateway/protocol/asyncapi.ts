import { z } from "zod";
import { STREAM_ERRORS } from "./error_codes.ts";
import { CONTROLS, RECORDS } from "./messages.ts";
import { ADDRESS, PROTOCOL_VERSION, REQUESTS } from "./requests.ts";

type Schemas = Readonly<Record<string, z.ZodType>>;

const RECORD_BYTES = "With ?format=capnp records come as binary frames: the bytes of the bus, " +
  "standard Cap'n Proto by the registered schemas; all other messages stay JSON.";

/** Returns the stream's AsyncAPI 3.0 description, generated from the schemas of its messages. */
export function asyncApi(version: string): Record<string, unknown> {
  const sent: Schemas = { ...RECORDS, ...CONTROLS };
  const ids = (schemas: Schemas, prefix: string) =>
    Object.keys(schemas).map((name) => ({
      $ref: `#/channels/stream/messages/${prefix}${name}`,
    }));
  return {
    asyncapi: "3.0.0",
    info: {
      title: "ssmd stream",
      version: `${PROTOCOL_VERSION}`,
      description: `Live market data over WebSocket, of ssmd ${version}. ${RECORD_BYTES}`,
    },
    defaultContentType: "application/json",
    channels: {
      stream: {
        address: "/v1/stream",
        messages: { ...messageRefs(sent, "sent_"), ...messageRefs(REQUESTS, "request_") },
        bindings: { ws: { method: "GET", query: jsonSchema(ADDRESS), bindingVersion: "0.1.0" } },
      },
    },
    operations: {
      request: operation("receive", "What a client may ask", ids(REQUESTS, "request_")),
      deliver: operation("send", "What the gateway sends", ids(sent, "sent_")),
    },
    components: { messages: { ...messages(sent, "sent_"), ...messages(REQUESTS, "request_") } },
    "x-error-codes": STREAM_ERRORS,
  };
}

function operation(action: "send" | "receive", summary: string, ids: unknown[]) {
  return { action, channel: { $ref: "#/channels/stream" }, summary, messages: ids };
}

function messageRefs(schemas: Schemas, prefix: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys(schemas).map((name) => [
      `${prefix}${name}`,
      { $ref: `#/components/messages/${prefix}${name}` },
    ]),
  );
}

function messages(schemas: Schemas, prefix: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [
      `${prefix}${name}`,
      { name, contentType: "application/json", payload: jsonSchema(schema) },
    ]),
  );
}

function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input" });
  return rest;
}
