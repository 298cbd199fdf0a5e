import { STREAM_TYPES } from "@ssmd/market";
import { z } from "zod";
import { named } from "../http/named.ts";
import { BUFFER_STATES, SLOW_POLICIES } from "./slow_policy.ts";

const milliseconds = z.number().describe("Milliseconds since 1970");

/** A connection of the stream. */
export const CONNECTION = named(
  "Connection",
  "A connection of the stream: its subscriptions, its buffer and its counts.",
  z.strictObject({
    id: z.int(),
    client: z.string().describe("Name of the client; empty if the gateway requires no key"),
    address: z.string().describe("Remote address, without a port"),
    since: milliseconds,
    state: z.enum(BUFFER_STATES),
    policy: z.enum(SLOW_POLICIES).describe("Policy for records that do not fit into the buffer"),
    format: z.enum(["json", "json, deflated", "capnp"]),
    mode: z.string().describe("Modes in use: realtime, conflated, latest, or none"),
    interval_ms: z.number().nullable().describe(
      "Interval between conflated messages, ms; null = not used",
    ),
    catching_up: z.boolean().describe("Whether it is receiving past records"),
    markets: z.int().describe("Markets of which it receives at least one type"),
    subscriptions: z.array(z.strictObject({
      symbol: z.string(),
      types: z.array(z.enum(STREAM_TYPES)),
      mode: z.string(),
    })).describe("The first 100"),
    buffer_bytes: z.int(),
    buffer_bytes_max: z.int(),
    buffer_messages: z.int(),
    buffer_messages_max: z.int(),
    sent: z.int().describe("Messages sent since the start of the connection"),
    dropped: z.int().describe("Messages dropped since the start of the connection"),
    last_error: z.strictObject({ code: z.string(), message: z.string(), at: milliseconds })
      .nullable().describe("Last error sent to it"),
  }),
);

/** A connection that has ended. */
export const ENDED_CONNECTION = named(
  "EndedConnection",
  "A connection of the stream that ended.",
  CONNECTION.extend({
    until: milliseconds.describe("End, milliseconds since 1970"),
    reason: z.string(),
  }),
);

/** A connection of the stream, as reported by the administration. */
export type ConnectionInfo = z.output<typeof CONNECTION>;
/** The same after its end. */
export type EndedConnectionInfo = z.output<typeof ENDED_CONNECTION>;
