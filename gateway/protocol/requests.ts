import { STREAM_TYPES } from "@ssmd/market";
import { nowUs } from "@ssmd/runtime";
import { z } from "zod";
import type { Role } from "../access/role.ts";
import { GATEWAY_LIMITS } from "../limits.ts";
import { parseSince } from "./since.ts";
import { SLOW_POLICIES } from "./slow_policy.ts";

/*
 * Requests of clients. The gateway parses with these schemas, and AsyncAPI is generated from them.
 */

/** Version of the client protocol. */
export const PROTOCOL_VERSION = 1;

/** Delivery modes: all records, the newest state per interval, or the newest as fast as read. */
export const MODES = ["realtime", "conflated", "latest"] as const;
/** One of {@linkcode MODES}. */
export type Mode = typeof MODES[number];
/** Minimum and maximum interval between two conflated messages, ms. */
export const INTERVAL_MS_MIN = 10;
export const INTERVAL_MS_MAX = 60_000;

/** Identifies a request in its answer. */
export const REQUEST_ID = z.union([
  z.string().max(GATEWAY_LIMITS.textCharactersMax),
  z.number(),
]).describe("Returned unchanged");

/** Name of a stored transform. */
export const TRANSFORM_NAME = z.string().min(1).max(GATEWAY_LIMITS.textCharactersMax);

const subscription = {
  symbols: z.array(
    z.string().min(1).max(GATEWAY_LIMITS.textCharactersMax)
      .regex(/^[^*]*\*?$/).describe("A name, or a prefix and *"),
  ).min(1).max(GATEWAY_LIMITS.requestSymbolsMax),
  types: z.array(z.enum(STREAM_TYPES)).min(1).optional()
    .describe("Default: all records; enriched are the rows of the environment's enrichers"),
  id: REQUEST_ID.optional(),
};

const subscribe = z.strictObject({
  action: z.literal("subscribe"),
  ...subscription,
  mode: z.enum(MODES).optional().describe("Default realtime"),
  interval_ms: z.number().min(INTERVAL_MS_MIN).max(INTERVAL_MS_MAX).optional(),
  since: z.union([z.int().nonnegative(), z.string()]).optional()
    .describe(
      "The pos of the last message received, or an ISO time with its zone; mode realtime only",
    ),
  policy: z.enum(SLOW_POLICIES).optional(),
  transform: TRANSFORM_NAME.optional()
    .describe("A stored transform, which is applied to records from the first subscription on"),
}).superRefine(({ since, types = [], mode = "realtime" }, context) => {
  const refuse = (message: string, hint?: string) =>
    context.addIssue({ code: "custom", path: ["since"], message, params: { hint } });
  if (since === undefined) return;
  const parsed = parseSince(since);
  if (parsed === undefined) refuse("neither a pos nor a time");
  else if (mode !== "realtime") {
    refuse("only for the mode realtime", "conflated and latest always send the newest state");
  } else if (types.includes("enriched")) {
    refuse(
      "not for enriched",
      "enriched begins with the newest; /v1/admin/sql and exports have the past",
    );
  } else if ("timeUs" in parsed && parsed.timeUs > nowUs()) {
    refuse("in the future", "give a time that is past");
  }
});

/** Requests by action. */
export const REQUESTS = {
  subscribe,
  unsubscribe: z.strictObject({ action: z.literal("unsubscribe"), ...subscription }),
  snapshot: z.strictObject({ action: z.literal("snapshot"), ...subscription }),
  ping: z.strictObject({ action: z.literal("ping"), id: REQUEST_ID.optional() }),
} as const;

/** Role required by each request; the handshake requires `viewer`. */
export const REQUEST_ROLES: Readonly<Record<keyof typeof REQUESTS, Role>> = {
  subscribe: "viewer",
  unsubscribe: "viewer",
  snapshot: "viewer",
  ping: "viewer",
};

/** Any request of a client. */
export const CLIENT_REQUEST = z.discriminatedUnion("action", [
  REQUESTS.subscribe,
  REQUESTS.unsubscribe,
  REQUESTS.snapshot,
  REQUESTS.ping,
]);

/** Query parameters of the stream's URL. */
export const ADDRESS = z.strictObject({
  symbols: z.string().optional().describe("Subscribes at once: names separated by commas"),
  types: z.string().optional().describe("With symbols: types separated by commas"),
  mode: z.enum(MODES).optional(),
  interval_ms: z.string().optional(),
  since: z.string().optional(),
  transform: z.string().optional().describe("With symbols: a stored transform of the records"),
  policy: z.enum(SLOW_POLICIES).optional().describe("Policy when the client is slow"),
  format: z.enum(["json", "capnp"]).optional().describe("capnp: records as binary frames"),
  compress: z.enum(["1", "true", "deflate"]).optional()
    .describe("Accept permessage-deflate if offered"),
  ticket: z.string().optional().describe("Replaces a key, once"),
});
