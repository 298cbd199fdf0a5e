import type { IncomingMessage } from "node:http";
import { sleep } from "@ssmd/runtime";

/** HTTP response instead of the upgrade. */
export interface HandshakeRefusal {
  /** Reason, as a message for users. */
  why: string;
  /** Whether the credentials or this machine are refused, so that a plain retry is useless. */
  isDenied: boolean;
}

const BODY_BYTES_MAX = 2048;
const BODY_MS_MAX = 1000;
const SAID_LENGTH_MAX = 200;

/** Reads the refusal from an HTTP response, with the venue's own words. */
export async function readRefusal(
  response: IncomingMessage,
  hasCredentials: boolean,
): Promise<HandshakeRefusal> {
  const said = saidIn(await bodyOf(response));
  return refusalOf(response.statusCode ?? 0, said, hasCredentials);
}

/** Returns the message for refused credentials; `answer` = the venue's words. */
export function refusedCredentials(answer: string): string {
  return `the venue refused the credentials (${answer}): check key_id and private_key, ` +
    "that the key belongs to this environment (demo or production), and the machine's clock";
}

function refusalOf(status: number, said: string, hasCredentials: boolean): HandshakeRefusal {
  const answer = `HTTP ${status}${said && `: "${said}"`}`;
  if (status !== 401 && status !== 403) {
    const what = status === 429 ? "refused the connection: too many requests" : "did not upgrade";
    return { why: `the venue ${what} (${answer})`, isDenied: false };
  }
  const why = hasCredentials
    ? refusedCredentials(answer)
    : `the venue refused this machine (${answer}): it may not serve its address or region`;
  return { why, isDenied: true };
}

/** Returns the start of a body; "" when none arrives in time. */
async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const read = new Promise<void>((resolve) => {
    response.on("data", (chunk: Uint8Array) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= BODY_BYTES_MAX) resolve();
    });
    response.on("close", resolve);
    response.on("error", resolve);
  });
  const waited = new AbortController();
  await Promise.race([read, sleep(BODY_MS_MAX, waited.signal)]);
  waited.abort();
  return new TextDecoder().decode(await new Blob(chunks as BlobPart[]).bytes());
}

/** Extracts the message: the message or code of a JSON body, otherwise its first line. */
function saidIn(body: string): string {
  const text = sentenceOf(body).replaceAll(/[\p{C}\s]+/gu, " ").trim();
  return text.startsWith("<") ? "" : text.slice(0, SAID_LENGTH_MAX);
}

function sentenceOf(body: string): string {
  try {
    const { error, ...rest } = JSON.parse(body);
    const { message, msg, code } = { ...rest, ...(typeof error === "object" ? error : {}) };
    return String(message ?? msg ?? code ?? error ?? "");
  } catch {
    return body.trim().split("\n", 1)[0] ?? "";
  }
}
