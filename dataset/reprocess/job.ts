import {
  compressFrame,
  decompressFrame,
  feedPrefix,
  formatHashedJson,
  framesOf,
  loadHashedJson,
} from "@ssmd/archive";
import { EVENT_TYPES, type EventType } from "@ssmd/market";
import { SCHEMAS } from "@ssmd/codec";
import { ArchiveError, messageOf, StorageError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import type { TranslationState } from "./connection_translation.ts";

const FORMAT = "ssmd-reprocess/1";

/** Inputs of a version; equal recipe and raw files give equal records. */
export interface Recipe {
  /** Normalizer by id or day; "by date" = that of each connection's first day. */
  normalizer: string;
  /** Codec schemas by type: version and SHA-256. */
  schemas: Record<EventType, string>;
  /** Translating software: version and commit. */
  software: string;
}

/** One day of a version. */
export interface JobDay {
  /** Hash of its raw files. */
  input: string;
  /** Whether raw had every needed line. */
  whole: boolean;
  /** Descriptions of what was missing. */
  notes: string[];
  /** Raw lines translated, including warm-up. */
  lines: number;
  /** Records by type. */
  records: Record<EventType, number>;
  /** Symbols with records. */
  symbols: number;
  /** Size of the day's objects. */
  bytes: number;
  /** ISO time. */
  finishedAt: string;
}

/** Progress of a run; remains when the process is killed. */
interface JobProgress {
  /** Day in progress, `YYYY-MM-DD`. */
  day: string;
  /** Days in this run. */
  days: number;
  /** Days done. */
  done: number;
  /** ISO time of the run's start. */
  startedAt: string;
  /** ISO time of this update. */
  at: string;
  /** Host name. */
  host: string;
}

/** State of a reprocessed version: `normalized/{env}/{feed}/{version}/reprocess/job.json`. */
export interface Job {
  /** Name and version of this format. */
  format: typeof FORMAT;
  /** Environment. */
  env: string;
  /** Feed. */
  feed: string;
  /** Version name, as in keys. */
  version: string;
  /** Inputs of the version. */
  recipe: Recipe;
  /** Completed days, by `YYYY-MM-DD`. */
  days: Record<string, JobDay>;
  /** Current run; null when there is none. */
  progress: JobProgress | null;
  /** Error of the last run; "" when it succeeded. */
  failure: string;
  /** Day whose objects are being written; a resumed run reuses the same names. */
  writing: WrittenDay | null;
}

/** A day being written. */
export interface WrittenDay {
  /** `YYYY-MM-DD`. */
  day: string;
  /** Hash of its raw files. */
  input: string;
  /** Part number in object names: 1 unless the version had the day from other raw files. */
  part: number;
}

/** Identifies a version of a feed. */
export interface VersionId {
  /** Environment. */
  env: string;
  /** Feed. */
  feed: string;
  /** Version name, as in keys. */
  version: string;
}

/** Returns the recipe of this software. */
export function recipeOf(normalizer: string | undefined, software: string): Recipe {
  const schemas = Object.fromEntries(
    EVENT_TYPES.map((type) => [type, `${SCHEMAS[type].version} ${SCHEMAS[type].sha256}`]),
  );
  return {
    normalizer: normalizer ?? "by date",
    schemas: schemas as Record<EventType, string>,
    software,
  };
}

/** Describes how two recipes differ; "" when equal. */
export function recipeDifference(made: Recipe, wanted: Recipe): string {
  const parts: string[] = [];
  const compare = (what: string, a: string, b: string) => {
    if (a !== b) parts.push(`${what} ${a} (now: ${b})`);
  };
  compare("normalizer", made.normalizer, wanted.normalizer);
  for (const type of EVENT_TYPES) {
    compare(`${type} schema`, made.schemas[type], wanted.schemas[type]);
  }
  compare("software", made.software, wanted.software);
  return parts.join(", ");
}

/** Returns the key prefix of a version's job files, inside the version. */
function jobPrefix({ env, feed, version }: VersionId): string {
  return `${feedPrefix("normalized", env, { feed, version })}reprocess/`;
}

/** Loads a version's job; undefined if never reprocessed. Throws ArchiveError, StorageError. */
export async function loadJob(storage: Storage, versionId: VersionId): Promise<Job | undefined> {
  return await loadHashedJson<Job>(storage, `${jobPrefix(versionId)}job.json`, FORMAT);
}

/** Returns a version's empty job. */
export function newJob({ env, feed, version }: VersionId, recipe: Recipe): Job {
  return {
    format: FORMAT,
    env,
    feed,
    version,
    recipe,
    days: {},
    progress: null,
    failure: "",
    writing: null,
  };
}

/** Saves a job. */
export async function saveJob(storage: Storage, job: Job): Promise<void> {
  await storage.put(`${jobPrefix(job)}job.json`, formatHashedJson(job));
}

/** Parses a job key into its version; undefined for other keys. */
export function parseJobKey(key: string): VersionId | undefined {
  const [kind, env = "", feed = "", version = "", folder, name, ...rest] = key.split("/");
  const isJob = kind === "normalized" && folder === "reprocess" && name === "job.json";
  return isJob && rest.length === 0 ? { env, feed, version } : undefined;
}

function stateKey(versionId: VersionId, day: string): string {
  return `${jobPrefix(versionId)}state/${day}.json.zst`;
}

/** Saves each connection's state at the end of a day, for the next day to resume. */
export async function saveStates(
  storage: Storage,
  versionId: VersionId,
  { day, states }: { day: string; states: readonly TranslationState[] },
): Promise<void> {
  const text = new TextEncoder().encode(JSON.stringify(states));
  await storage.put(stateKey(versionId, day), compressFrame(text));
}

/**
 * Loads the connections' states at the end of a day; empty when none was saved. Throws ArchiveError
 * `ARCHIVE_DAMAGED`, StorageError.
 */
export async function loadStates(
  storage: Storage,
  versionId: VersionId,
  day: string,
): Promise<TranslationState[]> {
  const key = stateKey(versionId, day);
  let bytes: Uint8Array;
  try {
    bytes = await storage.get(key);
  } catch (error) {
    if (error instanceof StorageError && error.code === "NOT_FOUND") return [];
    throw error;
  }
  const [frame] = framesOf(bytes).frames;
  try {
    if (frame?.end !== bytes.length) throw new RangeError("it is not one whole frame");
    return JSON.parse(new TextDecoder().decode(decompressFrame(bytes, frame, key)));
  } catch (error) {
    throw new ArchiveError("ARCHIVE_DAMAGED", `${key} is damaged: ${messageOf(error)}`, {
      hint: "Delete it: the day is then begun from the connections' first lines",
      context: { key },
    });
  }
}
