import { ArchiveError, dayOfMs } from "@ssmd/runtime";
import { EVENT_TYPES, type EventType } from "@ssmd/market";

/** Kind of files that a manifest lists. */
export type ArchiveKind = "raw" | "normalized";
/** Version that the archiver writes; each version of the normalized records has its own folder. */
export const NORMALIZED_VERSION = "v1";

const NAME = /^[A-Za-z0-9_-]+$/;
const RAW_KEY =
  /^raw\/([\w-]+)\/([\w-]+)\/(\d{4})\/(\d\d)\/(\d\d)\/(\d\d)\/(\d\d)-([\w-]+)(?:\.(\d+))?\.jsonl\.zst$/;
const NORMALIZED_KEY =
  /^normalized\/([\w-]+)\/([\w-]+)\/([\w-]+)\/([a-z]+)\/(\d{4})\/(\d\d)\/(\d\d)\/(\d\d)-(\d\d)(?:\.(\d+))?(?:\.([a-z][a-z0-9-]*))?\.capnp\.zst$/;
const SEALED_KEY =
  /^normalized\/([\w-]+)\/([\w-]+)\/([\w-]+)\/([a-z]+)\/(\d{4})\/(\d\d)\/(\d\d)\/day(?:\.(\d+))?\.(?:parquet|capnp\.zst)$/;
const MANIFEST_KEY =
  /^(?:raw\/([\w-]+)\/([\w-]+)|normalized\/([\w-]+)\/([\w-]+)\/([\w-]+))\/(\d{4})\/(\d\d)\/(\d\d)\/manifest\.json$/;

/** Identity of a raw file. */
export interface RawFileId {
  env: string;
  feed: string;
  /** Any time within the file's minute, µs. */
  atUs: number;
  /** Connection, as in the capture line. */
  connection: string;
  /** Part number; 1 = the connection's first file of the minute; the name shows it from 2 on. */
  part?: number;
}

/** Identity of a window file (one minute of one type). */
interface WindowFileId {
  env: string;
  feed: string;
  /** Default {@linkcode NORMALIZED_VERSION}. */
  version?: string;
  /** Type of the records. */
  type: EventType;
  /** Any time within the file's minute, µs. */
  atUs: number;
  /** Part number; 1 = the type's first file of the minute; the name shows it from 2 on. */
  part?: number;
  /** Shard of the archiver that writes it; "" = no shards. Default "". */
  shard?: string;
}

/** Identity of a sealed day. */
interface SealedFileId {
  env: string;
  feed: string;
  /** Default {@linkcode NORMALIZED_VERSION}. */
  version?: string;
  /** Type of the records. */
  type: EventType;
  /** `YYYY-MM-DD`, UTC. */
  day: string;
  /** Part number; 1 = the type's first file of the day; the name shows it from 2 on. */
  part?: number;
}

/** Identity of a manifest. */
export interface ManifestId {
  /** Raw or normalized. */
  kind: ArchiveKind;
  env: string;
  feed: string;
  /** Normalized: default {@linkcode NORMALIZED_VERSION}. Raw has no versions. */
  version?: string;
  /** `YYYY-MM-DD`, UTC. */
  day: string;
}

/** Returns whether `name` is valid in a key as env, feed or connection. */
export function isKeyName(name: string): boolean {
  return NAME.test(name);
}

function checked(what: string, name: string): string {
  if (isKeyName(name)) return name;
  throw new ArchiveError("ARCHIVE_NAME", `The ${what} "${name}" cannot stand in a storage key`, {
    hint: "Use letters, digits, _ and - only",
    context: { [what]: name },
  });
}

/** Returns the UTC day of a time in µs, `YYYY-MM-DD`. */
export function dayOfUs(us: number): string {
  return dayOfMs(us / 1000);
}

/** Returns the day's start (UTC midnight), µs. */
export function usOfDay(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) * 1000;
}

/** `YYYY/MM/DD` and `HH`, `MM` of a time. */
function parts(us: number): { date: string; hour: string; minute: string } {
  const iso = new Date(us / 1000).toISOString();
  return {
    date: iso.slice(0, 10).replaceAll("-", "/"),
    hour: iso.slice(11, 13),
    minute: iso.slice(14, 16),
  };
}

function suffix(part: number | undefined): string {
  return part === undefined || part <= 1 ? "" : `.${part}`;
}

/** `raw/{env}/{feed}/YYYY/MM/DD/HH/MM-{connection}.jsonl.zst` */
export function rawKey(fileId: RawFileId): string {
  const { date, hour, minute } = parts(fileId.atUs);
  const connection = checked("connection", fileId.connection);
  return `raw/${checked("env", fileId.env)}/${checked("feed", fileId.feed)}/${date}/${hour}/` +
    `${minute}-${connection}${suffix(fileId.part)}.jsonl.zst`;
}

/** `normalized/{env}/{feed}/{version}/{type}/YYYY/MM/DD/HH-MM.capnp.zst`, `HH-MM.{shard}.…` */
export function normalizedKey(fileId: WindowFileId): string {
  const { date, hour, minute } = parts(fileId.atUs);
  const { env, feed, type, version, shard = "" } = fileId;
  const end = shard === "" ? "" : `.${shard}`;
  return `${normalizedTypePrefix(env, feed, { type, version })}${date}/` +
    `${hour}-${minute}${suffix(fileId.part)}${end}.capnp.zst`;
}

/** `normalized/{env}/{feed}/{version}/{type}/YYYY/MM/DD/day.parquet` */
export function sealedKey(fileId: SealedFileId): string {
  const { env, feed, type, version, day } = fileId;
  return `${normalizedTypePrefix(env, feed, { type, version })}${day.replaceAll("-", "/")}/` +
    `day${suffix(fileId.part)}.parquet`;
}

/** Returns the key prefix of all normalized files of a type, up to the date. */
export function normalizedTypePrefix(
  env: string,
  feed: string,
  { type, version }: { type: EventType; version?: string | undefined },
): string {
  return `${feedPrefix("normalized", env, { feed, version })}${type}/`;
}

/** Returns the key prefix of a feed (normalized files have the type before the date). */
export function feedPrefix(
  kind: ArchiveKind,
  env: string,
  { feed, version = NORMALIZED_VERSION }: { feed: string; version?: string | undefined },
): string {
  const folder = kind === "raw" ? "" : `${checked("version", version)}/`;
  return `${kind}/${checked("env", env)}/${checked("feed", feed)}/${folder}`;
}

/**
 * `raw/{env}/{feed}/YYYY/MM/DD/manifest.json`,
 * `normalized/{env}/{feed}/{version}/YYYY/MM/DD/manifest.json`
 */
export function manifestKey(manifestId: ManifestId): string {
  const { kind, env, feed, version, day } = manifestId;
  return `${feedPrefix(kind, env, { feed, version })}${day.replaceAll("-", "/")}/manifest.json`;
}

/** `normalized/{env}/{feed}/promoted.json`: the versions that readers use by default. */
export function activeVersionsKey(env: string, feed: string): string {
  return `normalized/${checked("env", env)}/${checked("feed", feed)}/promoted.json`;
}

function minuteUs(date: string, hour: string, minute: string): number {
  return Date.parse(`${date}T${hour}:${minute}:00Z`) * 1000;
}

/** Parses a raw key; undefined when it is not one. `atUs` is the minute's start. */
export function parseRawKey(key: string): Required<RawFileId> | undefined {
  const match = RAW_KEY.exec(key);
  if (match === null) return undefined;
  const [, env = "", feed = "", y, m, d, hour = "", minute = "", connection = "", part] = match;
  const atUs = minuteUs(`${y}-${m}-${d}`, hour, minute);
  return { env, feed, atUs, connection, part: Number(part ?? 1) };
}

function eventTypeOf(text: string): EventType | undefined {
  return EVENT_TYPES.find((type) => type === text);
}

/** Parses a window key; undefined when it is not one. `atUs` is the minute's start. */
export function parseNormalizedKey(key: string): Required<WindowFileId> | undefined {
  const match = NORMALIZED_KEY.exec(key);
  if (match === null) return undefined;
  const [, env = "", feed = "", version = "", typeText = "", y, m, d, hour = "", minute = ""] =
    match;
  const type = eventTypeOf(typeText);
  if (type === undefined) return undefined;
  const atUs = minuteUs(`${y}-${m}-${d}`, hour, minute);
  return { env, feed, version, type, atUs, part: Number(match[10] ?? 1), shard: match[11] ?? "" };
}

/** Parses a sealed day's key, of the current or the earlier format; undefined when it is not one. */
export function parseSealedKey(key: string): Required<SealedFileId> | undefined {
  const match = SEALED_KEY.exec(key);
  if (match === null) return undefined;
  const [, env = "", feed = "", version = "", typeText = "", y, m, d, part] = match;
  const type = eventTypeOf(typeText);
  if (type === undefined) return undefined;
  return { env, feed, version, type, day: `${y}-${m}-${d}`, part: Number(part ?? 1) };
}

/** Parses a manifest key; undefined when it is not one. */
export function parseManifestKey(key: string): ManifestId | undefined {
  const match = MANIFEST_KEY.exec(key);
  if (match === null) return undefined;
  const [, rawEnv, rawFeed, env = "", feed = "", version, y, m, d] = match;
  const day = `${y}-${m}-${d}`;
  if (version !== undefined) return { kind: "normalized", env, feed, version, day };
  return { kind: "raw", env: rawEnv ?? "", feed: rawFeed ?? "", day };
}
