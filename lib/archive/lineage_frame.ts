import { EVENT_TYPES, type EventType } from "@ssmd/market";
import type { Lineage, SealedLineage } from "./lineage.ts";
import { sha256Of } from "./bytes.ts";
import {
  corruptionError,
  skippableContent,
  skippableFrame,
  type ZstdFrame,
} from "./zstd_frames.ts";

const UTF8 = new TextEncoder();
/** First magic byte of our skippable frames; zstd allows sixteen values. */
const OWN_FRAME = 0x50;
const HASH = /,"sha256":"([0-9a-f]{64})"\}$/;
const FORMATS: readonly (string | undefined)[] = [
  "ssmd-normalized/1",
  "ssmd-normalized/2",
  "ssmd-sealed/1",
];

/**
 * Returns the skippable frame that starts a normalized file: its lineage as JSON, whose last field
 * is the SHA-256 of the JSON without that field, which reveals any changed byte.
 */
export function lineageFrame(lineage: Lineage | SealedLineage): Uint8Array {
  const body = JSON.stringify(lineage);
  const sha256 = sha256Of(UTF8.encode(body));
  return skippableFrame(UTF8.encode(`${body.slice(0, -1)},"sha256":"${sha256}"}`));
}

/**
 * Reads the lineage from the first frame of a file; `key` names the file in errors. Throws
 * ArchiveError `ARCHIVE_DAMAGED`.
 */
export function lineageIn(
  file: Uint8Array,
  frame: ZstdFrame,
  key: string,
): Lineage | SealedLineage {
  if (file[frame.start] !== OWN_FRAME) {
    throw corruptionError(key, { offset: frame.start, why: "its first frame is of another kind" });
  }
  const { text, value } = jsonIn(skippableContent(file, frame));
  if (value === undefined || !isAsWritten(text, value)) {
    const why = "its lineage is not what was written";
    throw corruptionError(key, { offset: frame.start + 8, why });
  }
  const type: EventType | undefined = value.schema?.type;
  if (FORMATS.includes(value.format) && type !== undefined && EVENT_TYPES.includes(type)) {
    const { sha256: _, ...lineage } = value;
    return lineage as unknown as Lineage | SealedLineage;
  }
  const why = `its lineage is of the format "${value.format}", which is not known here`;
  throw corruptionError(key, { offset: frame.start + 8, why });
}

/** Files of the first format do not hash their lineage; only the manifest's hash covers it. */
function isAsWritten(text: string, { format, sha256 }: { format?: string; sha256?: string }) {
  if (format === "ssmd-normalized/1" && sha256 === undefined) return true;
  const body = `${text.slice(0, -(HASH_CHARS + 1))}}`;
  return HASH.exec(text)?.[1] === sha256Of(UTF8.encode(body));
}

const HASH_CHARS = `,"sha256":""`.length + 64;

function jsonIn(bytes: Uint8Array): {
  text: string;
  value: { format?: string; schema?: { type?: EventType }; sha256?: string } | undefined;
} {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const value = JSON.parse(text);
    return { text, value: typeof value === "object" && value !== null ? value : undefined };
  } catch {
    return { text: "", value: undefined };
  }
}
