import { STREAM_TYPES } from "@ssmd/market";
import { suggestion } from "@ssmd/runtime";
import type { z } from "zod";
import { GATEWAY_LIMITS } from "../limits.ts";
import {
  ADDRESS,
  CLIENT_REQUEST,
  INTERVAL_MS_MAX,
  INTERVAL_MS_MIN,
  type Mode,
  MODES,
  REQUEST_ID,
  REQUESTS,
} from "../protocol/requests.ts";
import { shorten } from "../http/problem.ts";
import { RequestError, type RequestId, unknownWord } from "./request_error.ts";
import { parseSince, type Since } from "../protocol/since.ts";
import { SLOW_POLICIES, type SlowPolicy } from "../protocol/slow_policy.ts";
import { bitOf, ENRICHED_BIT, RECORD_TYPES } from "./type_bits.ts";

const INTERVAL_MS_DEFAULT = 100;
const ACTIONS = Object.keys(REQUESTS) as (keyof typeof REQUESTS)[];
const EXAMPLE = 'send for example {"action":"subscribe","symbols":["BTCUSD"],"types":["trade"]}';
/** Address fields that are options of the connection, not of a subscription. */
const CONNECTION_FIELDS = ["format", "compress", "policy", "ticket"];

/** Allowed words of a field; `name` is part of the error's code. */
const WORDS: Readonly<Record<string, { name: string; allowed: readonly string[] }>> = {
  action: { name: "action", allowed: ACTIONS },
  types: { name: "type", allowed: STREAM_TYPES },
  mode: { name: "mode", allowed: MODES },
  policy: { name: "policy", allowed: SLOW_POLICIES },
};

/** Hints for a field that is missing or out of range. */
const HINTS: Readonly<Record<string, string>> = {
  symbols: `symbols is a list of names: ["BTCUSD"], or starts of names: ["KX*"]; at most ` +
    `${GATEWAY_LIMITS.requestSymbolsMax} of up to ${GATEWAY_LIMITS.textCharactersMax} characters`,
  interval_ms: `a number from ${INTERVAL_MS_MIN} to ${INTERVAL_MS_MAX}`,
  since: "give the pos of the last message that came, or a time: 2026-01-31T09:30:00Z",
};

/** A checked request. */
export interface ClientRequest {
  action: keyof typeof REQUESTS;
  /** Names, or prefixes followed by `*`. */
  symbols: string[];
  /** Bits by index in STREAM_TYPES. */
  types: number;
  mode: Mode;
  intervalMs: number;
  /** Resume point; undefined = start with the next record. */
  since: Since | undefined;
  /** Policy for records that do not fit; undefined = unchanged. */
  policy: SlowPolicy | undefined;
  /** Name of a stored transform; undefined = unchanged. */
  transform: string | undefined;
  id: RequestId;
}

/** Parses a client's message. */
export function parseRequest(text: string): ClientRequest | RequestError {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return new RequestError("invalid_json", "The message is not JSON", { hint: EXAMPLE });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return invalid("the message is not a JSON object", { hint: EXAMPLE });
  }
  return checkRequest(value as Record<string, unknown>);
}

/** Returns the subscription in a connection's address; undefined when the address has none. */
export function requestOfQuery(query: URLSearchParams): ClientRequest | RequestError | undefined {
  const fields = Object.keys(ADDRESS.shape);
  const unknown = [...query.keys()].find((key) => !fields.includes(key));
  if (unknown !== undefined) return unknownField(unknown, fields);
  const repeated = fields.find((key) => query.getAll(key).length > 1);
  if (repeated !== undefined) {
    const hint = "Give it once; names are separated by commas: symbols=BTCUSD,ETHUSD";
    return invalid(`${repeated} is given more than once`, { hint });
  }
  const given = fields.filter((key) => query.has(key) && !CONNECTION_FIELDS.includes(key));
  if (given.length === 0) return undefined;
  if (!given.includes("symbols")) {
    return invalid("symbols are missing in the address", { hint: "Add ?symbols=BTCUSD" });
  }
  const valueOf = (key: string): unknown => {
    const text = query.get(key) ?? "";
    if (key === "symbols" || key === "types") return text.split(",").filter((item) => item !== "");
    return key === "interval_ms" ? Number(text) : text;
  };
  const values = Object.fromEntries(given.map((key) => [key, valueOf(key)]));
  return checkRequest({ action: "subscribe", ...values });
}

function checkRequest(value: Record<string, unknown>): ClientRequest | RequestError {
  const id = REQUEST_ID.optional().safeParse(value["id"]);
  if (!id.success) {
    const most = GATEWAY_LIMITS.textCharactersMax;
    const message = `id is neither a number nor a string of up to ${most} characters`;
    return invalid(message, { hint: "It is sent back as it came" });
  }
  const parsed = CLIENT_REQUEST.safeParse(value);
  return parsed.success ? requestOf(parsed.data) : errorOf(parsed.error, value, id.data);
}

function requestOf(body: z.output<typeof CLIENT_REQUEST>): ClientRequest {
  const { action, id } = body;
  const { symbols = [], types } = action === "ping" ? {} : body;
  const {
    mode = "realtime",
    interval_ms: intervalMs = INTERVAL_MS_DEFAULT,
    since,
    policy,
    transform,
  } = action === "subscribe" ? body : {};
  return {
    ...{ action, symbols, mode, intervalMs, policy, transform, id },
    types: types?.reduce((mask, type) => mask | bitOf(type), 0) ??
      (action === "unsubscribe" ? RECORD_TYPES | ENRICHED_BIT : RECORD_TYPES),
    since: since === undefined ? undefined : parseSince(since),
  };
}

/** Returns the error of the first issue, preferring an unknown field: it explains a missing one. */
function errorOf(
  { issues }: z.ZodError,
  value: Record<string, unknown>,
  id: RequestId,
): RequestError {
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  if (issue?.code === "unrecognized_keys") {
    const { shape } = REQUESTS[value["action"] as keyof typeof REQUESTS];
    return unknownField(issue.keys[0] ?? "", Object.keys(shape), id);
  }
  const field = String(issue?.path[0]);
  const given = issue?.path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    value,
  );
  const words = WORDS[field];
  if (words !== undefined && typeof given === "string") {
    return unknownWord({ ...words, text: given }, id);
  }
  const allowed = words === undefined ? EXAMPLE : `allowed: ${words.allowed.join(", ")}`;
  const own = issue?.code === "custom" ? issue.params?.["hint"] as string | undefined : undefined;
  const hint = own ?? HINTS[field] ?? (field === "action" ? EXAMPLE : allowed);
  const message = given === undefined ? "missing" : issue?.message;
  return invalid(`${issue?.path.join(".")}: ${message}`, { hint, id });
}

function invalid(message: string, more: { hint: string; id?: RequestId }): RequestError {
  return new RequestError("invalid_request", message, more);
}

function unknownField(name: string, allowed: readonly string[], id?: RequestId): RequestError {
  const shown = shorten(name);
  return invalid(`unknown field "${shown}"`, { hint: suggestion(shown, allowed), id });
}
