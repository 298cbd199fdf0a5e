import {
  type ManifestFile,
  type ManifestGap,
  manifestGap,
  RecordSorter,
  sha256Of,
  type SpilledRecords,
  usOfDay,
  usOfNsText,
} from "@ssmd/archive";
import type { EventType, MarketEvent } from "@ssmd/market";
import { ArchiveError, DAY_US } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import {
  ConnectionTranslation,
  type TranslationOptions,
  type TranslationState,
} from "./connection_translation.ts";
import { digestOf, type RawConnection } from "./raw_connections.ts";

/** Connections of a day for one worker to translate. */
export interface TranslateTask {
  /** `YYYY-MM-DD`. */
  day: string;
  /** Connections, each with its state at the end of earlier days, if known. */
  connections: { connection: RawConnection; state?: TranslationState }[];
  /** Feed id. */
  feed: string;
  /** Normalizer by id or day; default: that of each connection's first day. */
  normalizer?: string;
  /** Folder for the records. */
  scratch: string;
  /** Task name, used in file names. */
  name: string;
}

/** Result of a task. */
export interface TranslateResult {
  /** Lines translated, including earlier days. */
  lines: number;
  /** State of each connection for the next day. */
  states: TranslationState[];
  /** Descriptions of missing raw lines. */
  notes: string[];
  /** The day's records, by type. */
  records: Partial<Record<EventType, SpilledRecords>>;
  /** The day's gap records. */
  gaps: ManifestGap[];
}

/**
 * Returns how many of a connection's files a day needs: up to the last one that begins before its
 * end. 0 when the connection has nothing of the day.
 */
export function filesUpTo({ files }: RawConnection, day: string): number {
  const startUs = usOfDay(day);
  const endUs = startUs + DAY_US;
  const isOfDay = files.some(({ from, to }) =>
    usOfNsText(from) < endUs && usOfNsText(to) >= startUs
  );
  return isOfDay ? files.findLastIndex(({ from }) => usOfNsText(from) < endUs) + 1 : 0;
}

/**
 * Translates connections for a day, each in its own order from its state (or first line), and
 * writes the day's records to files. Throws ArchiveError for a raw file that is damaged or differs
 * from its manifest.
 */
export async function translateDay(
  storage: Storage,
  task: TranslateTask,
  venues?: TranslationOptions["venues"],
): Promise<TranslateResult> {
  const sink = new DaySink(task);
  const result: TranslateResult = { lines: 0, states: [], notes: [], records: {}, gaps: sink.gaps };
  try {
    for (const { connection, state } of task.connections) {
      const { feed, normalizer } = task;
      const translation = new ConnectionTranslation({
        feed,
        turns: connection.turns,
        ...(normalizer === undefined ? {} : { normalizer }),
        ...(venues === undefined ? {} : { venues }),
      }, state);
      const before = translation.lines;
      const endState = await translateConnection(storage, task.day, {
        connection,
        translation,
        state,
        sink,
      });
      if (endState !== undefined) result.states.push(endState);
      result.lines += translation.lines - before;
      for (const { first, last, key } of translation.holes) {
        result.notes.push(
          `lines ${first} to ${last} of connection ${connection.connection} are missing before ${key}`,
        );
      }
    }
    result.records = sink.spilled();
  } finally {
    sink.close();
  }
  return result;
}

/**
 * Translates a connection and returns its state before the first file with lines of a later day;
 * undefined when that is its start.
 */
async function translateConnection(
  storage: Storage,
  day: string,
  { connection, translation, state, sink }: {
    connection: RawConnection;
    translation: ConnectionTranslation;
    state: TranslationState | undefined;
    sink: DaySink;
  },
): Promise<TranslationState | undefined> {
  const { run, connection: name, files } = connection;
  const end = filesUpTo(connection, day);
  const dayEndUs = usOfDay(day) + DAY_US;
  let kept: TranslationState | undefined;
  let isKept = false;
  const keep = (taken: number) => {
    isKept = true;
    const now = translation.state();
    if (now === undefined) return;
    kept = { run, connection: name, files: taken, digest: digestOf(connection, taken), ...now };
  };
  let next = fetched(storage, files[state?.files ?? 0]);
  for (let i = state?.files ?? 0; i < end; i++) {
    const file = files[i] as ManifestFile;
    const bytes = await next;
    next = i + 1 < end ? fetched(storage, files[i + 1]) : Promise.resolve(NOTHING);
    if (!isKept && usOfNsText(file.to) >= dayEndUs) keep(i);
    translation.take(file, bytes, sink.take);
  }
  await next;
  if (!isKept) keep(end);
  return kept;
}

const NOTHING = new Uint8Array(0);
/** Records of a type in memory before they are sorted into its file. */
const BUFFER_BYTES = 16 * 1024 * 1024;

/** Prefetches the next file, if any; a failure surfaces where the bytes are awaited. */
function fetched(storage: Storage, file: ManifestFile | undefined): Promise<Uint8Array> {
  if (file === undefined) return Promise.resolve(NOTHING);
  const bytes = fetchRaw(storage, file);
  bytes.catch(() => {});
  return bytes;
}

/** Reads a file and checks its hash. Throws ArchiveError `ARCHIVE_DAMAGED`, StorageError. */
export async function fetchRaw(storage: Storage, file: ManifestFile): Promise<Uint8Array> {
  const found = await storage.get(file.key);
  if (found.length === file.bytes && sha256Of(found) === file.sha256) return found;
  throw new ArchiveError(
    "ARCHIVE_DAMAGED",
    `${file.key} is not the file that its manifest names: its size or SHA-256 is another`,
    {
      hint: "Restore it from a copy; ssmd archive verify names every such file",
      context: { key: file.key },
    },
  );
}

/** Sorts the records of one day into files; ignores records of other days. */
class DaySink {
  readonly gaps: ManifestGap[] = [];
  #startUs: number;
  #endUs: number;
  #task: TranslateTask;
  #sorters = new Map<EventType, RecordSorter>();

  constructor(task: TranslateTask) {
    this.#task = task;
    this.#startUs = usOfDay(task.day);
    this.#endUs = this.#startUs + DAY_US;
  }

  readonly take = (events: MarketEvent[]): void => {
    for (let i = 0; i < events.length; i++) {
      const event = events[i] as MarketEvent;
      const { receivedAtUs, type } = event;
      if (receivedAtUs < this.#startUs || receivedAtUs >= this.#endUs) continue;
      if (event.type === "gap") this.gaps.push(manifestGap(event));
      const sorter = this.#sorters.get(type) ?? this.#open(type);
      sorter.add(event);
    }
  };

  spilled(): Partial<Record<EventType, SpilledRecords>> {
    return Object.fromEntries(
      Array.from(this.#sorters, ([type, sorter]) => [type, sorter.spilled()]),
    );
  }

  close(): void {
    for (const sorter of this.#sorters.values()) sorter.close();
  }

  #open(type: EventType): RecordSorter {
    const { scratch, name } = this.#task;
    const sorter = new RecordSorter(type, {
      tempDir: scratch,
      spillPath: `${scratch}/${name}-${type}`,
      bufferBytesMax: BUFFER_BYTES,
    });
    this.#sorters.set(type, sorter);
    return sorter;
  }
}
