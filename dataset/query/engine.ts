/**
 * Engine of `ssmd query`: DuckDB in its own process. Reads one request from stdin, writes one JSON
 * value per line to stdout, and exits when stdin closes. See docs/decisions/0010. @module
 */
import {
  DuckDBConnection,
  DuckDBInstance,
  type DuckDBPreparedStatement,
  StatementType,
} from "@duckdb/node-api";
import { answerValue } from "./answer_value.ts";
import type {
  EngineFailure,
  EngineMessage,
  EngineRequest,
  EngineRows,
  EngineTable,
} from "./engine_messages.ts";

const UTF8 = new TextEncoder();

function send(message: EngineMessage): void {
  const bytes = UTF8.encode(`${JSON.stringify(message)}\n`);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

/** A query refused before it runs. */
class QueryRefused extends TypeError {}

/** Opens a DuckDB connection that can read only the request's files. */
async function openLocked(readRequest: EngineRequest): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(":memory:", {
    threads: String(readRequest.threads),
    memory_limit: `${readRequest.memoryBytesMax}B`,
    temp_directory: readRequest.temporary,
    max_temp_directory_size: `${readRequest.temporaryBytesMax}B`,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  await connection.run("SET errors_as_json = true; SET TimeZone = 'UTC'");
  for (const table of readRequest.tables) await connection.run(viewOf(table));
  for (const table of readRequest.loaded) await connection.run(tableOf(table));
  const files = readRequest.tables.flatMap(({ staged, sealed }) => [...staged, ...sealed]);
  await connection.run(`SET allowed_paths = [${files.map(quoted).join(", ")}]`);
  // Now SQL can reach no other file, no network, and none of these settings.
  await connection.run("SET enable_external_access = false; SET lock_configuration = true");
  return connection;
}

function viewOf({ name, staged, sealed, columns, where }: EngineTable): string {
  const list = Object.entries(columns);
  if (staged.length + sealed.length === 0) {
    const none = list.map(([column, type]) => `NULL::${type} AS "${column}"`).join(", ");
    return `CREATE VIEW "${name}" AS SELECT ${none} WHERE false`;
  }
  const names = list.map(([column]) => `"${column}"`).join(", ");
  const parts = [
    [staged, "hive_partitioning = true, hive_types_autocast = false"] as const,
    [sealed, "hive_partitioning = false, union_by_name = true"] as const,
  ].filter(([files]) => files.length > 0);
  const condition = where === "" ? "" : ` WHERE ${where}`;
  const selects = parts.map(([files, options]) =>
    `SELECT ${names} FROM read_parquet([${files.map(quoted).join(", ")}], ${options})${condition}`
  );
  return `CREATE VIEW "${name}" AS ${selects.join(" UNION ALL ")}`;
}

function tableOf({ name, rows, columns }: EngineRows): string {
  const types = Object.entries(columns).map(([column, type]) =>
    `${quoted(column)}: ${quoted(type)}`
  );
  const options = `format = 'newline_delimited', columns = {${types.join(", ")}}`;
  return `CREATE TABLE "${name}" AS SELECT * FROM read_json(${quoted(rows)}, ${options})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Prepares the only statement, which must be a query. Throws QueryRefused otherwise. */
async function prepared(
  connection: DuckDBConnection,
  sql: string,
): Promise<DuckDBPreparedStatement> {
  const statements = await connection.extractStatements(sql);
  if (statements.count !== 1) throw new QueryRefused("One statement is run, not several or none");
  const statement = await statements.prepare(0);
  const type = statement.statementType;
  if (type === StatementType.SELECT) return statement;
  if (type === StatementType.EXPLAIN && !/\banaly[sz]e\b/i.test(sql)) return statement;
  const what = StatementType[type] ?? "such a statement";
  throw new QueryRefused(`Queries only read: ${what} is refused`);
}

async function answer(request: EngineRequest): Promise<void> {
  const connection = await openLocked(request);
  const result = await (await prepared(connection, request.sql)).stream();
  const names = result.deduplicatedColumnNames();
  send({
    columns: result.columnTypes().map((type, i) => ({ name: names[i] ?? "", type: `${type}` })),
  });
  const { rowsMax } = request;
  let rows = 0;
  for await (const chunk of result.yieldRows()) {
    const wanted = rowsMax === null ? chunk : chunk.slice(0, rowsMax - rows);
    rows += wanted.length;
    if (wanted.length > 0) send({ rows: wanted.map((row) => row.map(answerValue)) });
    if (wanted.length < chunk.length) return send({ done: { rows, isCut: true } });
  }
  send({ done: { rows, isCut: false } });
}

/** Parses DuckDB's JSON errors; some have a prefix. */
function failureOf(error: unknown): EngineFailure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof QueryRefused) return { kind: "Refused", message };
  const json = /\{"exception_type".*\}/s.exec(message)?.[0];
  if (json === undefined) return { kind: "Other", message };
  const details = JSON.parse(json) as Record<string, string | undefined>;
  return {
    kind: details["exception_type"] ?? "Other",
    message: details["exception_message"] ?? message,
    ...(details["position"] === undefined ? {} : { position: Number(details["position"]) }),
    ...(details["name"] === undefined ? {} : { name: details["name"] }),
    ...(details["candidates"] === undefined
      ? {}
      : { candidates: details["candidates"].split(",") }),
  };
}

/** Removes temporary files and exits: the client is gone. */
function abandon(temporary: string): never {
  try {
    Deno.removeSync(temporary, { recursive: true });
  } finally {
    Deno.exit(1);
  }
}

/** Reads the request line; stdin closing later means that the client is gone. */
async function request(): Promise<EngineRequest> {
  let text = "";
  const reader = Deno.stdin.readable.pipeThrough(new TextDecoderStream()).getReader();
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) Deno.exit(1);
    text += value;
  }
  const request = JSON.parse(text) as EngineRequest;
  reader.read().then(() => abandon(request.temporary));
  return request;
}

if (import.meta.main) {
  try {
    await answer(await request());
  } catch (error) {
    send({ failure: failureOf(error) });
  }
  // DuckDB's threads would keep the process alive.
  Deno.exit(0);
}
