import { EVENT_TYPES } from "@ssmd/market";
import { nowUs, suggestion } from "@ssmd/runtime";
import { GATEWAY_LIMITS } from "../limits.ts";
import { checkPolicy, CONNECTION_FIELDS } from "./connection_query.ts";
import { RequestError } from "./request_error.ts";
import { parseSince, type Since } from "./since.ts";
import { ALL_TYPES, bitOf } from "./type_bits.ts";
import type { SlowPolicy } from "./slow_policy.ts";

/** How records come: all of them, the newest state an interval, or the newest as fast as read. */
export type Mode = "realtime" | "conflated" | "latest";
/** What a client may ask for. */
export type Action = "subscribe" | "unsubscribe" | "snapshot" | "ping";

/** All that a client may ask for. */
export const ACTIONS: readonly Action[] = ["subscribe", "unsubscribe", "snapshot", "ping"];
/** All modes. */
export const MODES: readonly Mode[] = ["realtime", "conflated", "latest"];
const FIELDS = ["action", "symbols", "types", "mode", "interval_ms", "since", "policy", "id"];
const INTERVAL_MS_DEFAULT = 100;
/** Shortest wait between two conflated messages. */
export const INTERVAL_MS_MIN = 10;
/** Longest one. */
export const INTERVAL_MS_MAX = 60_000;

/** A request that was checked. */
export interface ClientRequest {
  action: Action;
  /** Names, or starts of names followed by `*`. */
  symbols: string[];
  /** Bits by place in EVENT_TYPES. */
  types: number;
  mode: Mode;
  intervalMs: number;
  /** Where to go on; undefined = from now on. */
  since: Since | undefined;
  /** What happens when the client is slow; undefined = as before. */
  policy: SlowPolicy | undefined;
  /** Sent back as it came; undefined = none given. */
  id: string | number | undefined;
}

/** Checks the text of a client's message. */
export function parseRequest(text: string): ClientRequest | RequestError {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return new RequestError("invalid_json", "the message is not JSON", EXAMPLE);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return new RequestError("invalid_request", "the message is not a JSON object", EXAMPLE);
  }
  return checkRequest(value as Record<string, unknown>);
}

/** The subscription that a connection's address asks for; undefined when it names no symbols. */
export function requestOfQuery(query: URLSearchParams): ClientRequest | RequestError | undefined {
  const known = [...QUERY_FIELDS, ...CONNECTION_FIELDS];
  const unknown = [...query.keys()].find((key) => !known.includes(key));
  if (unknown !== undefined) return unknownField(unknown, known, undefined);
  const list = (name: string) => (query.get(name) ?? "").split(",").filter((item) => item !== "");
  if (!query.has("symbols")) {
    if ([...query.keys()].every((key) => CONNECTION_FIELDS.includes(key))) return undefined;
    return invalid("symbols are missing in the address", "add ?symbols=BTCUSD", undefined);
  }
  const value: Record<string, unknown> = { action: "subscribe", symbols: list("symbols") };
  if (query.has("types")) value["types"] = list("types");
  if (query.has("mode")) value["mode"] = query.get("mode");
  if (query.has("interval_ms")) value["interval_ms"] = Number(query.get("interval_ms"));
  if (query.has("since")) value["since"] = query.get("since");
  return checkRequest(value);
}

const QUERY_FIELDS = ["symbols", "types", "mode", "interval_ms", "since"];
const EXAMPLE = 'send for example {"action":"subscribe","symbols":["BTCUSD"],"types":["trade"]}';

function invalid(message: string, hint: string, id: string | number | undefined): RequestError {
  return new RequestError("invalid_request", message, hint, id);
}

function unknownField(name: string, allowed: readonly string[], id: string | number | undefined) {
  return invalid(`unknown field "${shortened(name)}"`, suggestion(shortened(name), allowed), id);
}

function checkRequest(value: Record<string, unknown>): ClientRequest | RequestError {
  const id = checkId(value["id"]);
  if (id instanceof RequestError) return id;
  const unknown = Object.keys(value).find((key) => !FIELDS.includes(key));
  if (unknown !== undefined) return unknownField(unknown, FIELDS, id);
  const action = oneOf("action", value["action"], ACTIONS, undefined, id);
  if (action instanceof RequestError) return action;
  const symbols = checkSymbols(value["symbols"], action, id);
  if (symbols instanceof RequestError) return symbols;
  const types = checkTypes(value["types"], id);
  if (types instanceof RequestError) return types;
  const mode = oneOf("mode", value["mode"], MODES, "realtime", id);
  if (mode instanceof RequestError) return mode;
  const intervalMs = checkInterval(value["interval_ms"], id);
  if (intervalMs instanceof RequestError) return intervalMs;
  const since = checkSince(value["since"], { action, mode, id });
  if (since instanceof RequestError) return since;
  const policy = value["policy"] === undefined ? undefined : checkPolicy(value["policy"], id);
  if (policy instanceof RequestError) return policy;
  return { action, symbols, types, mode, intervalMs, since, policy, id };
}

function checkId(id: unknown): string | number | undefined | RequestError {
  if (id === undefined || typeof id === "number") return id;
  if (typeof id === "string" && id.length <= GATEWAY_LIMITS.textCharactersMax) return id;
  return invalid(
    `id is neither a number nor a string of up to ${GATEWAY_LIMITS.textCharactersMax} characters`,
    "it is sent back as it came",
    undefined,
  );
}

function oneOf<T extends string>(
  name: string,
  value: unknown,
  allowed: readonly T[],
  fallback: T | undefined,
  id: string | number | undefined,
): T | RequestError {
  if (value === undefined && fallback !== undefined) return fallback;
  if (value === undefined) {
    return invalid(`${name} is missing`, `allowed: ${allowed.join(", ")}`, id);
  }
  if (typeof value !== "string") return invalid(`${name} is no string`, EXAMPLE, id);
  const known = allowed.find((item) => item === value);
  if (known !== undefined) return known;
  const text = shortened(value);
  return new RequestError(
    `unknown_${name}`,
    `unknown ${name} "${text}"`,
    suggestion(text, allowed),
    id,
  );
}

function checkSymbols(
  value: unknown,
  action: Action,
  id: string | number | undefined,
): string[] | RequestError {
  if (action === "ping") return [];
  const hint = 'symbols is a list of names: ["BTCUSD"], or starts of names: ["KX*"]';
  if (!Array.isArray(value) || value.length === 0) {
    return invalid("symbols is missing or no list of names", hint, id);
  }
  if (value.length > GATEWAY_LIMITS.requestSymbolsMax) {
    return invalid(
      `${value.length} symbols in one request`,
      `at most ${GATEWAY_LIMITS.requestSymbolsMax}; use a trailing * or several requests`,
      id,
    );
  }
  for (const symbol of value) {
    if (typeof symbol !== "string" || symbol === "") {
      return invalid("symbols holds something that is no name", hint, id);
    }
    if (symbol.length > GATEWAY_LIMITS.textCharactersMax) {
      return invalid(
        "a symbol is too long",
        `at most ${GATEWAY_LIMITS.textCharactersMax} characters`,
        id,
      );
    }
    const star = symbol.indexOf("*");
    if (star >= 0 && star !== symbol.length - 1) {
      return invalid(`"${shortened(symbol)}": * is allowed at the end only`, hint, id);
    }
  }
  return value;
}

function checkTypes(value: unknown, id: string | number | undefined): number | RequestError {
  if (value === undefined) return ALL_TYPES;
  if (!Array.isArray(value) || value.length === 0) {
    return invalid("types is no list", `allowed: ${EVENT_TYPES.join(", ")}`, id);
  }
  let mask = 0;
  for (const item of value) {
    const type = oneOf("type", item, EVENT_TYPES, undefined, id);
    if (type instanceof RequestError) return type;
    mask |= bitOf(type);
  }
  return mask;
}

function checkInterval(value: unknown, id: string | number | undefined): number | RequestError {
  if (value === undefined) return INTERVAL_MS_DEFAULT;
  if (typeof value === "number" && value >= INTERVAL_MS_MIN && value <= INTERVAL_MS_MAX) {
    return value;
  }
  return invalid(
    "interval_ms is out of range",
    `a number from ${INTERVAL_MS_MIN} to ${INTERVAL_MS_MAX}`,
    id,
  );
}

function checkSince(
  value: unknown,
  { action, mode, id }: Pick<ClientRequest, "action" | "mode" | "id">,
): Since | undefined | RequestError {
  if (value === undefined) return undefined;
  const since = parseSince(value);
  if (since === undefined) {
    const hint = "give the pos of the last message that came, or a time: 2026-01-31T09:30:00Z";
    return invalid("since is neither a pos nor a time", hint, id);
  }
  if (action !== "subscribe" || mode !== "realtime") {
    const hint = "conflated and latest always send the newest state";
    return invalid("since goes with subscribe and the mode realtime only", hint, id);
  }
  if ("timeUs" in since && since.timeUs > nowUs()) {
    return invalid("since is in the future", "give a time that is past", id);
  }
  return since;
}

function shortened(text: string): string {
  return text.length <= 64 ? text : `${text.slice(0, 64)}…`;
}
