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

/** What a version is made by: the same recipe and the same raw files give the same records. */
export interface Recipe {
  /** A normalizer by id or day; "by date" = the one of each connection's first day. */
  normalizer: string;
  /** The codec's schemas by type: version and SHA-256. */
  schemas: Record<EventType, string>;
  /** What translates: version and commit. */
  software: string;
}

/** One day of a version. */
export interface JobDay {
  /** Stands for the raw files that it was made from. */
  input: string;
  /** Whether raw had every line that the day needs. */
  whole: boolean;
  /** What was missing, for a person. */
  notes: string[];
  /** Raw lines translated for the day, warm-up included. */
  lines: number;
  /** Records by type. */
  records: Record<EventType, number>;
  /** Symbols with records. */
  symbols: number;
  /** Of the day's objects. */
  bytes: number;
  /** ISO time. */
  finishedAt: string;
}

/** What is under way; it is left standing when the process is killed. */
interface JobProgress {
  /** The day that is being made, `YYYY-MM-DD`. */
  day: string;
  /** Days that this run makes. */
  days: number;
  /** Of these done. */
  done: number;
  /** ISO time at which the run began. */
  startedAt: string;
  /** ISO time of this note. */
  at: string;
  /** Name of the machine. */
  host: string;
}

/** What is known of a reprocessed version: `normalized/{env}/{feed}/{version}/reprocess/job.json`. */
export interface Job {
  /** Name and version of this format. */
  format: typeof FORMAT;
  /** Environment. */
  env: string;
  /** Feed. */
  feed: string;
  /** Name of the version, as in keys. */
  version: string;
  /** What it is made by. */
  recipe: Recipe;
  /** Days that are whole in storage, by `YYYY-MM-DD`. */
  days: Record<string, JobDay>;
  /** null = nothing is under way. */
  progress: JobProgress | null;
  /** Why the last run ended before its end; "" = it did not. */
  failure: string;
  /** The day whose objects are written: a run that goes on gives them the same names. */
  writing: WrittenDay | null;
}

/** A day that is being written. */
export interface WrittenDay {
  /** `YYYY-MM-DD`. */
  day: string;
  /** Stands for the raw files that it is made from. */
  input: string;
  /** In the names of its objects: 1, unless the version had the day of other raw files before. */
  part: number;
}

/** Which version of which feed. */
export interface VersionId {
  /** Environment. */
  env: string;
  /** Feed. */
  feed: string;
  /** Name of the version, as in keys. */
  version: string;
}

/** The recipe of this software. */
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

/** How two recipes differ, for a person; "" = they are the same. */
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

/** What the notes on a version have in front: they stand within it, and go with it. */
function jobPrefix({ env, feed, version }: VersionId): string {
  return `${feedPrefix("normalized", env, { feed, version })}reprocess/`;
}

/** The job of a version; undefined = it was never reprocessed. Throws ArchiveError, StorageError. */
export async function loadJob(storage: Storage, versionId: VersionId): Promise<Job | undefined> {
  return await loadHashedJson<Job>(storage, `${jobPrefix(versionId)}job.json`, FORMAT);
}

/** A version's job with nothing done. */
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

/** Writes a job. */
export async function saveJob(storage: Storage, job: Job): Promise<void> {
  await storage.put(`${jobPrefix(job)}job.json`, formatHashedJson(job));
}

/** The version that a key is the job of; undefined = of none. */
export function parseJobKey(key: string): VersionId | undefined {
  const [kind, env = "", feed = "", version = "", folder, name, ...rest] = key.split("/");
  const isJob = kind === "normalized" && folder === "reprocess" && name === "job.json";
  return isJob && rest.length === 0 ? { env, feed, version } : undefined;
}

function stateKey(versionId: VersionId, day: string): string {
  return `${jobPrefix(versionId)}state/${day}.json.zst`;
}

/** Keeps where every connection stands when a day is done: the next day goes on from there. */
export async function saveStates(
  storage: Storage,
  versionId: VersionId,
  { day, states }: { day: string; states: readonly TranslationState[] },
): Promise<void> {
  const text = new TextEncoder().encode(JSON.stringify(states));
  await storage.put(stateKey(versionId, day), compressFrame(text));
}

/**
 * Where connections stood after a day; none when that was not kept. Throws ArchiveError
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
