import type { Ticker, Trade } from "@ssmd/market";
import { recordJson } from "@ssmd/codec";

/** Records encoded between two checks of the clock. */
const RECORDS = 256;
/** Encoding time after which the event loop gets a turn, ms. */
const TURN_MS = 4;

/** Encodes records as a JSON list in the stream's format; yields to the event loop between. */
export async function recordsJson(
  records: readonly (Trade | Ticker)[],
  jsonPrefix: string,
): Promise<string> {
  let text = "";
  let turnMs = performance.now();
  for (let i = 0; i < records.length; i++) {
    text += (i === 0 ? "" : ",") + recordJson(records[i] as Trade | Ticker, jsonPrefix);
    if (i % RECORDS !== RECORDS - 1 || performance.now() - turnMs < TURN_MS) continue;
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    turnMs = performance.now();
  }
  return `[${text}]`;
}
