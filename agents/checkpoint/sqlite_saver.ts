import type { RunnableConfig } from "@langchain/core/runnables";
import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointPendingWrite,
  type CheckpointTuple,
  compareWritesSortKeys,
  copyCheckpoint,
  getCheckpointId,
  maxChannelVersion,
  type PendingWrite,
  TASKS,
  WRITES_IDX_MAP,
  writesSortKey,
} from "@langchain/langgraph-checkpoint";
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS checkpoints (
    thread TEXT NOT NULL, ns TEXT NOT NULL, id TEXT NOT NULL, parent TEXT,
    checkpoint BLOB NOT NULL, metadata BLOB NOT NULL,
    PRIMARY KEY (thread, ns, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS channels (
    thread TEXT NOT NULL, ns TEXT NOT NULL, channel TEXT NOT NULL, version TEXT NOT NULL,
    type TEXT NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (thread, ns, channel, version)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS writes (
    thread TEXT NOT NULL, ns TEXT NOT NULL, id TEXT NOT NULL, task TEXT NOT NULL, idx INTEGER NOT NULL,
    path TEXT NOT NULL, channel TEXT NOT NULL, type TEXT NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (thread, ns, id, task, idx)
  ) STRICT, WITHOUT ROWID;`;

/** Type of an absent channel value. */
const EMPTY = "empty";

type Row = Record<string, SQLOutputValue>;

interface Address {
  thread: string;
  ns: string;
  /** undefined: the newest. */
  id: string | undefined;
}

/**
 * Graph checkpoints in SQLite: stores each channel value once per version, and a superstep's writes
 * in order of application. The caller owns the database.
 */
export class SqliteSaver extends BaseCheckpointSaver {
  #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    super();
    this.#db = db;
    db.exec(SCHEMA);
  }

  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    const { thread, ns, id } = addressOf(config);
    if (thread === "") return undefined;
    const row = id === undefined
      ? this.#db.prepare(
        "SELECT * FROM checkpoints WHERE thread = ? AND ns = ? ORDER BY id DESC LIMIT 1",
      ).get(thread, ns)
      : this.#db.prepare("SELECT * FROM checkpoints WHERE thread = ? AND ns = ? AND id = ?")
        .get(thread, ns, id);
    return row && await this.#tupleOf(row);
  }

  override async *list(
    config: RunnableConfig,
    options: CheckpointListOptions = {},
  ): AsyncGenerator<CheckpointTuple> {
    const { limit, before, filter = {} } = options;
    const { thread_id: thread, checkpoint_ns: ns } = config.configurable ?? {};
    const rows = this.#db.prepare(
      `SELECT * FROM checkpoints WHERE (?1 IS NULL OR thread = ?1) AND (?2 IS NULL OR ns = ?2)
       AND (?3 IS NULL OR id = ?3) AND (?4 IS NULL OR id < ?4) ORDER BY id DESC`,
    ).all(
      ...[thread, ns, getCheckpointId(config) || null, before && getCheckpointId(before)]
        .map((value) => value ?? null),
    );
    let left = limit ?? Infinity;
    for (const row of rows) {
      if (left <= 0) return;
      const tuple = await this.#tupleOf(row);
      const metadata = (tuple.metadata ?? {}) as Record<string, unknown>;
      if (Object.entries(filter).some(([name, value]) => metadata[name] !== value)) continue;
      left--;
      yield tuple;
    }
  }

  // deno-lint-ignore ssmd/parameters -- the interface is the library's
  override async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<RunnableConfig> {
    const { thread, ns, id: parent } = addressOf(config);
    if (thread === "") throw new TypeError("a checkpoint needs the id of its thread");
    const { channel_values: values, ...rest } = copyCheckpoint(checkpoint);
    const [, head] = await this.serde.dumpsTyped(rest);
    const [, about] = await this.serde.dumpsTyped(metadata);
    const channels = await Promise.all(
      Object.entries(newVersions).map(async ([channel, version]) => {
        const [type, value] = Object.hasOwn(values, channel)
          ? await this.serde.dumpsTyped(values[channel])
          : [EMPTY, new Uint8Array()] as const;
        return [channel, String(version), type, value] as const;
      }),
    );
    this.#change(() => {
      const keep = this.#db.prepare("INSERT OR REPLACE INTO channels VALUES (?, ?, ?, ?, ?, ?)");
      for (const channel of channels) keep.run(thread, ns, ...channel);
      this.#db.prepare("INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?, ?, ?)")
        .run(thread, ns, checkpoint.id, parent ?? null, head, about);
    });
    return { configurable: { thread_id: thread, checkpoint_ns: ns, checkpoint_id: checkpoint.id } };
  }

  // deno-lint-ignore ssmd/parameters -- the interface is the library's
  override async putWrites(
    config: RunnableConfig,
    writes: PendingWrite[],
    taskId: string,
    taskPath = "",
  ): Promise<void> {
    const { thread, ns, id } = addressOf(config);
    if (thread === "" || id === undefined) throw new TypeError("writes need a checkpoint");
    const rows = await Promise.all(writes.map(async ([channel, value], i) => {
      const [type, bytes] = await this.serde.dumpsTyped(value);
      return [
        WRITES_IDX_MAP[String(channel)] ?? i,
        taskPath,
        String(channel),
        type,
        bytes,
      ] as const;
    }));
    this.#change(() => {
      const add = (kind: string) =>
        this.#db.prepare(`INSERT OR ${kind} INTO writes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
      const [once, again] = [add("IGNORE"), add("REPLACE")];
      // Errors and interrupts have negative indices and may be overwritten; results may not.
      for (const [idx, ...row] of rows) {
        (idx < 0 ? again : once).run(thread, ns, id, taskId, idx, ...row);
      }
    });
  }

  override deleteThread(threadId: string): Promise<void> {
    this.#change(() => {
      for (const table of ["checkpoints", "channels", "writes"]) {
        this.#db.prepare(`DELETE FROM ${table} WHERE thread = ?`).run(threadId);
      }
    });
    return Promise.resolve();
  }

  async #tupleOf(row: Row): Promise<CheckpointTuple> {
    const [thread, ns, id] = [String(row["thread"]), String(row["ns"]), String(row["id"])];
    const parent = row["parent"] === null ? undefined : String(row["parent"]);
    const checkpoint: Checkpoint = await this.#load("json", row["checkpoint"]);
    checkpoint.channel_values = await this.#valuesOf(thread, ns, checkpoint.channel_versions);
    if (checkpoint.v < 4 && parent !== undefined) {
      await this.#migrateSends(checkpoint, { thread, ns, id: parent });
    }
    const configurable = { thread_id: thread, checkpoint_ns: ns };
    return {
      config: { configurable: { ...configurable, checkpoint_id: id } },
      checkpoint,
      metadata: await this.#load("json", row["metadata"]),
      pendingWrites: await this.#writesOf(thread, ns, id),
      ...(parent === undefined
        ? {}
        : { parentConfig: { configurable: { ...configurable, checkpoint_id: parent } } }),
    };
  }

  async #valuesOf(
    thread: string,
    ns: string,
    versions: ChannelVersions,
  ): Promise<Record<string, unknown>> {
    const find = this.#db.prepare(
      "SELECT type, value FROM channels WHERE thread = ? AND ns = ? AND channel = ? AND version = ?",
    );
    const values: Record<string, unknown> = {};
    for (const [channel, version] of Object.entries(versions)) {
      const row = find.get(thread, ns, channel, String(version));
      if (row === undefined || row["type"] === EMPTY) continue;
      values[channel] = await this.#load(String(row["type"]), row["value"]);
    }
    return values;
  }

  async #writesOf(thread: string, ns: string, id: string): Promise<CheckpointPendingWrite[]> {
    const rows = this.#db.prepare("SELECT * FROM writes WHERE thread = ? AND ns = ? AND id = ?")
      .all(thread, ns, id);
    const keyed = rows.map((row) => ({
      row,
      key: writesSortKey(String(row["path"]), String(row["task"]), Number(row["idx"])),
    }));
    keyed.sort((a, b) => compareWritesSortKeys(a.key, b.key));
    return await Promise.all(
      keyed.map(async ({ row }): Promise<CheckpointPendingWrite> => [
        String(row["task"]),
        String(row["channel"]),
        await this.#load(String(row["type"]), row["value"]),
      ]),
    );
  }

  /** Before version 4, checkpoints kept their sends in the parent's writes. */
  async #migrateSends(checkpoint: Checkpoint, parent: Required<Address>): Promise<void> {
    const writes = await this.#writesOf(parent.thread, parent.ns, String(parent.id));
    checkpoint.channel_values[TASKS] = writes.filter(([, channel]) => channel === TASKS)
      .map(([, , value]) => value);
    const versions = Object.values(checkpoint.channel_versions);
    checkpoint.channel_versions[TASKS] = versions.length > 0
      ? maxChannelVersion(...versions)
      : this.getNextVersion(undefined);
  }

  // deno-lint-ignore no-explicit-any -- as the library types what is loaded
  async #load(type: string, value: SQLOutputValue | undefined): Promise<any> {
    return await this.serde.loadsTyped(type, value as Uint8Array);
  }

  /** Like `inTransaction`, which is missing where the library's own tests run this file alone. */
  #change(body: () => void): void {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      body();
      this.#db.exec("COMMIT");
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
  }
}

function addressOf({ configurable = {} }: RunnableConfig): Address {
  const { thread_id: thread = "", checkpoint_ns: ns = "" } = configurable;
  const id = getCheckpointId({ configurable });
  return { thread: String(thread), ns: String(ns), id: id === "" ? undefined : id };
}
