import { isDeepStrictEqual } from "node:util";
import { INSTRUMENT_FILE, type InstrumentFile } from "./instrument_file.ts";

/** Name of the bus's key-value store of instruments that appeared since the last commit. */
export const INSTRUMENT_STORE = "secmaster";

const PREFIX = "instrument.";
const UTF8 = new TextEncoder();
const TEXT = new TextDecoder();

/** The key of an instrument in the key-value store; ids have only characters that keys may have. */
export function instrumentKey(id: string): string {
  // A dot is the border of a token.
  return PREFIX + id.replaceAll(".", "=2E");
}

/** The value of an instrument in the key-value store. */
export function encodeInstrument(instrument: InstrumentFile): Uint8Array {
  return UTF8.encode(JSON.stringify(instrument));
}

/** The instrument of a value; undefined when it is none. */
export function decodeInstrument(value: Uint8Array): InstrumentFile | undefined {
  try {
    const parsed = INSTRUMENT_FILE.safeParse(JSON.parse(TEXT.decode(value)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** The id of a key; undefined when it is none of an instrument. */
export function instrumentOfKey(key: string): string | undefined {
  return key.startsWith(PREFIX) ? key.slice(PREFIX.length).replaceAll("=2E", ".") : undefined;
}

/** Whether two say the same. */
export function isSameInstrument(a: InstrumentFile, b: InstrumentFile): boolean {
  return a === b || isDeepStrictEqual(a, b);
}
