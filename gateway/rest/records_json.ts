import type { Ticker, Trade } from "@ssmd/market";
import { recordJson } from "@ssmd/codec";

/** Records that are written before the clock is looked at. */
const RECORDS = 256;
/** Ms of writing after which the live stream gets its turn. */
const TURN_MS = 4;

/** Records as a JSON list, written as the stream writes them; the stream gets its turns meanwhile. */
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
