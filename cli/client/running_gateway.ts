import { dataDirOf } from "@ssmd/metadata";
import { runningProcesses, SsmdError } from "@ssmd/runtime";
import type { Globals, SsmdContext } from "../context.ts";
import { ENVIRONMENT } from "../command/common_flags.ts";
import { dir, parsed } from "../command/flag.ts";
import { UsageError } from "../exit.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { Registry } from "../registry/registry.ts";
import { variable } from "../terminal.ts";

/** Request timeout, ms. */
const ANSWER_MS_MAX = 10_000;

const JSON_TYPE = { "content-type": "application/json" } as const;

/** Location of a gateway. */
export interface GatewayLocation {
  env: string;
  /** Its data folder; absent = the environment's. */
  data?: string;
  /** Absent = the address of the gateway that runs on this machine. */
  url?: string;
}

/** Flags of {@linkcode GatewayLocation}. */
export const GATEWAY_FLAGS = {
  env: ENVIRONMENT,
  data: dir("Data folder, as in up --data; default: the environment's"),
  url: parsed(
    parseUrl,
    "Address of the gateway; default: the one on this machine that uses the data folder",
    { placeholder: "url" },
  ),
};

/** Connection id. */
export const CONNECTION_ID = parsed(
  parseId,
  "Number of the connection, as in ssmd client list",
  { placeholder: "id", required: true },
);

/** Request to a gateway: method, path and optional JSON body. */
type GatewayRequest = readonly ["GET" | "POST", string, unknown?];

/**
 * Sends a request to a running gateway and returns its JSON. The API key, if needed, comes from
 * SSMD_API_KEY. Throws SsmdError `GATEWAY_UNREACHABLE`, or with the gateway's own code and hint.
 */
export async function askGateway(
  { globals }: SsmdContext,
  location: GatewayLocation,
  request: GatewayRequest,
): Promise<unknown> {
  const base = location.url ?? await gatewayUrl(globals, location);
  return await gatewayAnswer(await requestGateway(base, request), base);
}

/** Sends a request and returns the response of any status. Throws SsmdError `GATEWAY_UNREACHABLE`. */
export async function requestGateway(
  base: string,
  [method, path, body]: GatewayRequest,
  key: Record<string, string> = keyHeader(),
): Promise<Response> {
  try {
    return await fetch(`${base}${path}`, {
      ...{ method, signal: AbortSignal.timeout(ANSWER_MS_MAX) },
      headers: { ...key, ...(body === undefined ? {} : JSON_TYPE) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw unreachable(base, cause);
  }
}

function unreachable(base: string, cause: unknown): SsmdError {
  if (isTimeout(cause)) {
    const sentence = `The gateway at ${base} gave no answer within ${ANSWER_MS_MAX / 1000} s`;
    return new SsmdError("GATEWAY_UNREACHABLE", sentence, {
      cause,
      hint: "It is busy, or hangs: ssmd status; what was asked may still be done",
      retryable: true,
    });
  }
  return new SsmdError("GATEWAY_UNREACHABLE", `No gateway answers at ${base}`, {
    cause,
    hint: "Start it with ssmd up, or say where it is with --url",
    retryable: true,
  });
}

/** Whether something listened, and was given all the time that a request has. */
export function isTimeout(cause: unknown): boolean {
  return cause instanceof DOMException && cause.name === "TimeoutError";
}

/** Authorization header with the key in a variable; empty when the variable is unset. */
export function keyHeader(name = "SSMD_API_KEY"): Record<string, string> {
  const key = variable(name);
  return key === undefined ? {} : { authorization: `Bearer ${key}` };
}

/** Hints that replace the gateway's own, which are for programs and browsers. */
const KEY_HINTS: Readonly<Record<string, string>> = {
  KEY_MISSING: "Set SSMD_API_KEY to a key of this gateway; ssmd client api-key create makes one",
};

/** Parses a response as JSON. Throws SsmdError with the gateway's code and hint. */
export async function gatewayAnswer(response: Response, base: string): Promise<unknown> {
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok && answer !== undefined) return answer;
  const problem = (answer ?? {}) as Record<string, unknown>;
  const code = String(problem["code"] ?? "GATEWAY_REFUSED");
  const detail = String(problem["detail"] ?? `${base} answers with HTTP ${response.status}`);
  const hint = KEY_HINTS[code] ?? problem["hint"] ?? "is this the address of a gateway?";
  throw new SsmdError(code, detail, { hint: String(hint) });
}

/** Address of the running gateway, from its file in the data folder; else from the environment file. */
export async function gatewayUrl(
  globals: Globals,
  { env, data }: Pick<GatewayLocation, "env" | "data">,
): Promise<string> {
  const environment = environmentOf(await Registry.open(globals), env);
  const [running] = await runningProcesses(dataDirOf(environment, data), env);
  if (running !== undefined) return running.url;
  const { host = "127.0.0.1", port, tls } = environment.gateway;
  const near = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `${tls === undefined ? "http" : "https"}://${
    near.includes(":") ? `[${near}]` : near
  }:${port}`;
}

/** Validates a gateway address. Throws UsageError `URL_INVALID`. */
export function parseUrl(text: string): string {
  if (/^https?:\/\/[^/]+\/?$/.test(text)) return text.replace(/\/$/, "");
  throw new UsageError("URL_INVALID", `"${text}" is no address of a gateway`, {
    hint: "Write it as http://127.0.0.1:8080",
  });
}

function parseId(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new UsageError("CONNECTION_INVALID", `"${text}" is no number of a connection`, {
    hint: "ssmd client list tells the numbers",
  });
}
