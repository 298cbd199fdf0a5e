import { dataDirOf } from "@ssmd/metadata";
import { runningProcesses, SsmdError } from "@ssmd/runtime";
import type { Globals, SsmdContext } from "../context.ts";
import { ENVIRONMENT } from "../command/common_flags.ts";
import { parsed } from "../command/flag.ts";
import { UsageError } from "../exit.ts";
import { Registry } from "../registry/registry.ts";
import { variable } from "../terminal.ts";

/** Wait for an answer of the gateway. */
const ANSWER_MS_MAX = 10_000;

/** Which gateway is asked. */
export interface GatewayLocation {
  env: string;
  /** Absent = where it runs on this machine. */
  url?: string;
}

/** Flags of {@linkcode GatewayLocation}. */
export const GATEWAY_FLAGS = {
  env: ENVIRONMENT,
  url: parsed(
    parseUrl,
    "Address of the gateway; default: where it runs on this machine, by the folder of its data",
    { placeholder: "url" },
  ),
};

/** A connection's number. */
export const CONNECTION_ID = parsed(
  parseId,
  "The connection's number, as ssmd client list tells it",
  { placeholder: "id", required: true },
);

/**
 * Asks the administration of a running gateway. The key of an administrator, where the gateway asks
 * for one, is read from SSMD_API_KEY. Throws SsmdError `GATEWAY_UNREACHABLE`, and what the gateway
 * refuses with its code and hint.
 */
export async function askGateway(
  { globals }: SsmdContext,
  { env, url }: GatewayLocation,
  [method, path]: readonly ["GET" | "POST", string],
): Promise<unknown> {
  const base = url ?? await addressOf(env, globals);
  const key = variable("SSMD_API_KEY");
  let response: Response;
  try {
    response = await fetch(`${base}${path}`, {
      method,
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
  } catch (cause) {
    throw new SsmdError("GATEWAY_UNREACHABLE", `no gateway answers at ${base}`, {
      cause,
      hint: "start it with ssmd up, or say where it is with --url",
      retryable: true,
    });
  }
  return await answerOf(response, base);
}

async function answerOf(response: Response, base: string): Promise<unknown> {
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok && answer !== undefined) return answer;
  const problem = (answer ?? {}) as Record<string, unknown>;
  const code = String(problem["code"] ?? "GATEWAY_REFUSED");
  const detail = String(problem["detail"] ?? `${base} answers with HTTP ${response.status}`);
  throw new SsmdError(code, detail, {
    hint: String(problem["hint"] ?? "is this the address of a gateway?"),
  });
}

/** Where the environment's gateway runs now; where none says so, where its file has it. */
async function addressOf(env: string, globals: Globals): Promise<string> {
  const registry = await Registry.open(globals);
  const environment = registry.environment(env);
  const [running] = await runningProcesses(dataDirOf(environment), env);
  if (running !== undefined) return running.url;
  const { host = "127.0.0.1", port } = environment.gateway;
  const near = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${near.includes(":") ? `[${near}]` : near}:${port}`;
}

function parseUrl(text: string): string {
  if (/^https?:\/\/[^/]+\/?$/.test(text)) return text.replace(/\/$/, "");
  throw new UsageError("URL_INVALID", `"${text}" is no address of a gateway`, {
    hint: "write it as http://127.0.0.1:8080",
  });
}

function parseId(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new UsageError("CONNECTION_INVALID", `"${text}" is no number of a connection`, {
    hint: "ssmd client list tells the numbers",
  });
}
