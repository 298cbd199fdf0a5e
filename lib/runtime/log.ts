import { SsmdError } from "./errors.ts";
import { traceIds } from "./trace.ts";

/** Minimum severity that is logged. */
export type LogLevel = "debug" | "info" | "warn" | "error";
/** Structured fields of a log line. */
type LogFields = Record<string, unknown>;

/** Writes one line per call; fields are plain values, errors under the key `error`. */
export interface Logger {
  /** Details for debugging. */
  debug(message: string, fields?: LogFields): void;
  /** Normal operation. */
  info(message: string, fields?: LogFields): void;
  /** Something that recovers by itself or should be looked at. */
  warn(message: string, fields?: LogFields): void;
  /** Something that needs a person. */
  error(message: string, fields?: LogFields): void;
  /** Returns a logger that adds `fields` to each line. */
  with(fields: LogFields): Logger;
}

/** Options of {@linkcode createLogger}. */
interface LoggerOptions {
  /** Default: json; plain when stdout is a terminal. */
  format?: "json" | "plain";
  /** Default: info. */
  level?: LogLevel;
  /** Line sink; default: stdout. */
  write?: (line: string) => void;
  /** Fields of every line. */
  fields?: LogFields;
}

/** A retained log line. */
interface LogLine {
  /** Line number within the process, from 1. */
  n: number;
  /** ms since 1970. */
  atMs: number;
  level: LogLevel;
  message: string;
  /** Fields as `key=value`, separated by spaces. */
  fields: string;
}

/** Log lines retained for inspecting a running process. */
const RECENT_MAX = 1_000;
/** Characters retained of a line's fields. */
const FIELDS_CHARACTERS_MAX = 2_000;

/** Newest log lines of this process, oldest first; without `debug`. */
export const recentLog: LogLine[] = [];
let logged = 0;

function keep(level: LogLevel, message: string, fields: string): void {
  const line = { n: ++logged, atMs: Date.now(), level, message };
  recentLog.push({ ...line, fields: fields.slice(0, FIELDS_CHARACTERS_MAX) });
  if (recentLog.length > RECENT_MAX) recentLog.shift();
}

const ORDER: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };
const ENCODER = new TextEncoder();

/** Fields in their displayed form. */
type Entries = readonly (readonly [string, unknown])[];

function plainValue(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value) ?? String(value);
}

function readable(value: unknown): unknown {
  if (value instanceof SsmdError) {
    return {
      code: value.code,
      message: value.message,
      ...(value.hint ? { hint: value.hint } : {}),
      ...value.context,
    };
  }
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  return typeof value === "bigint" ? value.toString() : value;
}

function format(
  kind: "json" | "plain",
  level: LogLevel,
  { message, entries }: { message: string; entries: Entries },
) {
  const time = new Date().toISOString();
  if (kind === "json") {
    return JSON.stringify({ time, level, message, ...Object.fromEntries(entries) });
  }
  const tail = plainFields(entries);
  return `${time.slice(11, 23)} ${level.toUpperCase().padEnd(5)} ${message}${tail}`;
}

function plainFields(entries: Entries): string {
  return entries.map(([key, value]) => ` ${key}=${plainValue(value)}`).join("");
}

/** Ignores write errors: a closed reader or full disk must not stop the process. */
function writeLine(line: string): void {
  try {
    Deno.stdout.writeSync(ENCODER.encode(line + "\n"));
  } catch {
    // The line is lost; there is nowhere to report it.
  }
}

/**
 * Creates a logger: JSON lines for services, plain text for a terminal. Within a trace span, lines
 * have `trace_id` and `span_id`.
 */
export function createLogger(options: LoggerOptions = {}): Logger {
  const kind = options.format ?? (Deno.stdout.isTerminal() ? "plain" : "json");
  const level = options.level ?? "info";
  const write = options.write ?? writeLine;
  const fixed = options.fields ?? {};
  const emit = (at: LogLevel, message: string, fields: LogFields = {}) => {
    const isShown = ORDER[at] >= ORDER[level];
    if (at === "debug" && !isShown) return;
    const entries = Object.entries({ ...fixed, ...fields, ...traceIds() })
      .map(([key, value]) => [key, readable(value)] as const);
    if (at !== "debug") keep(at, message, plainFields(entries).trimStart());
    if (isShown) write(format(kind, at, { message, entries }));
  };
  return {
    debug: (message, fields) => emit("debug", message, fields),
    info: (message, fields) => emit("info", message, fields),
    warn: (message, fields) => emit("warn", message, fields),
    error: (message, fields) => emit("error", message, fields),
    with: (fields) => createLogger({ format: kind, level, write, fields: { ...fixed, ...fields } }),
  };
}

/** A logger that writes nothing, for tests and quiet commands. */
export const silentLogger: Logger = createLogger({ format: "plain", write: () => {} });
