import { figiProblem } from "@ssmd/metadata";
import { messageOf, sleep, SsmdError } from "@ssmd/runtime";
import { z } from "zod";
import { parsed } from "../command/flag.ts";

/** OpenFIGI query, with its field names. */
export interface FigiQuery {
  idType: string;
  idValue: string;
  exchCode?: string;
  securityType2?: string;
}

const optional = z.string().nullish().transform((value) => value ?? null);
const MATCH = z.object({
  figi: z.string(),
  name: optional,
  ticker: optional,
  exchCode: optional,
  compositeFIGI: optional,
  securityType: optional,
  marketSector: optional,
});
const ANSWERS = z.array(z.looseObject({
  data: z.array(MATCH).exactOptional(),
  warning: z.string().exactOptional(),
  error: z.string().exactOptional(),
}));

/** OpenFIGI match. */
type FigiMatch = z.output<typeof MATCH>;

/** Answer to a query: matches, or the reason why there are none. */
export interface FigiAnswer {
  matches: FigiMatch[];
  problem: string | null;
}

/** Maximum number of queries per request without a key. */
const QUERIES_MAX = 10;
const TRIES_MAX = 8;
const WAIT_S_DEFAULT = 6;
const WAIT_S_MAX = 60;
const ANSWER_MS_MAX = 20_000;

/** `--url` of commands that call OpenFIGI. */
export const FIGI_URL = parsed(
  (value: string) => {
    if (/^https?:\/\/[^/]+/.test(value)) return value.replace(/\/$/, "");
    throw new RangeError("an address is http://host:port/path");
  },
  "Address in place of OpenFIGI's",
  { default: "https://api.openfigi.com/v3", placeholder: "url" },
);

/**
 * Queries OpenFIGI within its rate limit; answers are in query order. Matches with a wrong check
 * digit are omitted. Rejects with SsmdError `OPENFIGI_UNAVAILABLE` or `OPENFIGI_REFUSED`.
 */
export async function askOpenFigi(
  url: string,
  queries: readonly FigiQuery[],
): Promise<FigiAnswer[]> {
  const answers: FigiAnswer[] = [];
  for (let at = 0; at < queries.length; at += QUERIES_MAX) {
    const part = queries.slice(at, at + QUERIES_MAX);
    const given = ANSWERS.safeParse(await post(`${url}/mapping`, part));
    if (!given.success || given.data.length !== part.length) throw unavailable(url, "its answer");
    for (const { data = [], warning, error } of given.data) {
      const matches = data.filter(({ figi }) => figiProblem(figi) === undefined);
      answers.push({ matches, problem: error ?? warning ?? null });
    }
  }
  return answers;
}

async function post(address: string, queries: readonly FigiQuery[]): Promise<unknown> {
  for (let tries = 1;; tries++) {
    const response = await request(address, queries);
    if (response.ok) return await response.json();
    await response.body?.cancel();
    const { status, headers } = response;
    if ((status !== 429 && status < 500) || tries >= TRIES_MAX) throw refused(address, status);
    const named = Number(headers.get("ratelimit-reset") ?? headers.get("retry-after") ?? NaN);
    await sleep(Math.min(named >= 0 ? named : WAIT_S_DEFAULT, WAIT_S_MAX) * 1000);
  }
}

async function request(address: string, queries: readonly FigiQuery[]): Promise<Response> {
  try {
    return await fetch(address, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(queries),
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
  } catch (error) {
    throw unavailable(address, messageOf(error));
  }
}

function refused(address: string, status: number): SsmdError {
  return new SsmdError("OPENFIGI_REFUSED", `${address} answers with HTTP ${status}`, {
    context: { status },
    hint: status === 429 ? "Try again in a minute: it counts requests" : "Look at the query",
    retryable: status === 429,
  });
}

function unavailable(address: string, why: string): SsmdError {
  return new SsmdError("OPENFIGI_UNAVAILABLE", `${address} cannot be used: ${why}`, {
    hint: "Check the network and the address",
    retryable: true,
  });
}
