import { isDeepStrictEqual } from "node:util";
import { INSTRUMENT_FILE, type InstrumentFile } from "./instrument_file.ts";

/** Key-value store on the bus with instruments that appeared since the last commit. */
export const INSTRUMENT_STORE = "secmaster";

const PREFIX = "instrument.";
const UTF8 = new TextEncoder();
const TEXT = new TextDecoder();

/** Returns an instrument's store key; ids contain only valid key characters. */
export function instrumentKey(id: string): string {
  // A dot would separate tokens.
  return PREFIX + id.replaceAll(".", "=2E");
}

/** Encodes an instrument for the store. */
export function encodeInstrument(instrument: InstrumentFile): Uint8Array {
  return UTF8.encode(JSON.stringify(instrument));
}

/** Decodes an instrument; undefined when invalid. */
export function decodeInstrument(value: Uint8Array): InstrumentFile | undefined {
  try {
    const parsed = INSTRUMENT_FILE.safeParse(JSON.parse(TEXT.decode(value)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the instrument id of a store key; undefined for other keys. */
export function instrumentOfKey(key: string): string | undefined {
  return key.startsWith(PREFIX) ? key.slice(PREFIX.length).replaceAll("=2E", ".") : undefined;
}

/** Returns whether two instruments are equal. */
export function isSameInstrument(a: InstrumentFile, b: InstrumentFile): boolean {
  return a === b || isDeepStrictEqual(a, b);
}
