import { SsmdError } from "./errors.ts";
import { traceIds } from "./trace.ts";

/** How much is said. */
export type LogLevel = "debug" | "info" | "warn" | "error";
/** Values that go with a line. */
type LogFields = Record<string, unknown>;

/** A line a call; fields are plain values, errors under the key `error`. */
export interface Logger {
  /** For whoever looks for a fault. */
  debug(message: string, fields?: LogFields): void;
  /** The usual course of things. */
  info(message: string, fields?: LogFields): void;
  /** Something that heals by itself, or should be looked at. */
  warn(message: string, fields?: LogFields): void;
  /** Something that needs a person. */
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to each line. */
  with(fields: LogFields): Logger;
}

/** Options of {@linkcode createLogger}. */
interface LoggerOptions {
  /** Default: json, or plain where stdout is a terminal. */
  format?: "json" | "plain";
  /** Default info. */
  level?: LogLevel;
  /** Where a line goes; default stdout. */
  write?: (line: string) => void;
  /** Values that stand in each line. */
  fields?: LogFields;
}

/** A line of a log, as it is kept. */
interface LogLine {
  /** Counts the lines of the process, from 1. */
  n: number;
  /** ms since 1970. */
  atMs: number;
  level: LogLevel;
  message: string;
  /** Its values, `key=value` with spaces between. */
  fields: string;
}

/** Lines that are kept for whoever looks at a running process. */
const RECENT_MAX = 1_000;
/** Characters of a kept line's fields; the rest is cut. */
const FIELDS_CHARACTERS_MAX = 2_000;

/** The newest lines of this process, the oldest first; `debug` is not kept. */
export const recentLog: LogLine[] = [];
let logged = 0;

function keep(level: LogLevel, message: string, fields: string): void {
  const line = { n: ++logged, atMs: Date.now(), level, message };
  recentLog.push({ ...line, fields: fields.slice(0, FIELDS_CHARACTERS_MAX) });
  if (recentLog.length > RECENT_MAX) recentLog.shift();
}

const ORDER: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };
const ENCODER = new TextEncoder();

/** Fields as they are shown. */
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

/** Whoever read the log may be gone, its disk full: that ends no capture, only the line is lost. */
function writeLine(line: string): void {
  try {
    Deno.stdout.writeSync(ENCODER.encode(line + "\n"));
  } catch {
    // There is nowhere left to tell it.
  }
}

/**
 * A logger: JSON lines for services, plain text for a terminal. Within a span of a trace a line has
 * its `trace_id` and `span_id`.
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

/** A logger that says nothing: for tests and quiet commands. */
export const silentLogger: Logger = createLogger({ format: "plain", write: () => {} });
