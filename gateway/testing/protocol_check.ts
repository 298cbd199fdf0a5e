import { z } from "zod";
import { asyncApi } from "../protocol/asyncapi.ts";

interface Document {
  components: { messages: Record<string, { payload: Parameters<typeof z.fromJSONSchema>[0] }> };
}

const { components } = asyncApi("0") as unknown as Document;
const PREFIX = "sent_";

/** Schemas of the gateway's messages by type, from the description that it serves. */
const SCHEMAS: ReadonlyMap<string, z.ZodType> = new Map(
  Object.entries(components.messages).filter(([name]) => name.startsWith(PREFIX))
    .map(([name, { payload }]) => [
      name.slice(PREFIX.length),
      z.fromJSONSchema(payload) as unknown as z.ZodType,
    ]),
);

/** Returns how a gateway message violates the description; undefined = valid. */
export function protocolMistake(message: { type: string }): string | undefined {
  const schema = SCHEMAS.get(message.type);
  if (schema === undefined) return `no such message: ${JSON.stringify(message)}`;
  const { error } = schema.safeParse(message);
  return error && `${z.prettifyError(error)}: ${JSON.stringify(message)}`;
}
