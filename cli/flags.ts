import type { Completes } from "./catalogue/catalogue.ts";
import { parseDurationMs } from "@ssmd/runtime/duration";
import { OUTPUT_FORMATS, type OutputFormat, STREAM_FORMATS } from "./output_format.ts";

/** What a parameter may say beyond what the parser needs; catalogue and completion read it. */
export interface ParameterExtras {
  /** The names or paths that fit. */
  completes?: Completes;
  /** All values that are allowed, where the parser itself does not know them. */
  values?: readonly string[];
}

/**
 * Flags of every command: they are added when a command is loaded, and read from `this.globals`. A
 * command that declares a flag of the same name keeps its own.
 */
export const GLOBAL_FLAGS = {
  color: {
    kind: "boolean",
    brief: "Colour on a terminal (--no-color or NO_COLOR: none)",
    optional: true,
  },
  quiet: {
    kind: "boolean",
    brief: "Write results and errors only",
    optional: true,
    withNegated: false,
  },
  yes: {
    kind: "boolean",
    brief: "Answer every question with yes",
    optional: true,
    withNegated: false,
  },
  dir: {
    kind: "parsed",
    parse: String,
    brief: "Folder of the registry; default: found upward from here",
    optional: true,
    placeholder: "dir",
    completes: "dir",
  },
} as const;

/** Names of the flags of every command. */
export const GLOBAL_FLAG_NAMES: ReadonlySet<string> = new Set(Object.keys(GLOBAL_FLAGS));

/** One-letter names; a command's own take precedence. */
export const GLOBAL_ALIASES = { q: "quiet", y: "yes" } as const;

interface OutputFlag {
  readonly kind: "enum";
  readonly values: readonly OutputFormat[];
  readonly default: OutputFormat;
  readonly brief: string;
}

/** `--output`, of every command that prints data. */
export const OUTPUT_FLAG: OutputFlag = {
  kind: "enum",
  values: OUTPUT_FORMATS,
  default: "table",
  brief: "table, json or yaml",
};

/** `--output` of commands that go on until they are ended. */
export const STREAM_FLAG = {
  kind: "enum",
  values: STREAM_FORMATS,
  brief: "table for a person, json: a value a line",
  optional: true,
} as const;

/** `--env` where it narrows down; none = all. */
export const ENV_FILTER_FLAG = {
  kind: "parsed",
  parse: String,
  brief: "One environment only",
  optional: true,
  placeholder: "env",
  completes: "environment",
} as const;

/** `--env` of what changes or uses one environment. */
export const ENV_NEEDED_FLAG = {
  kind: "parsed",
  parse: String,
  brief: "The environment",
  placeholder: "env",
  completes: "environment",
} as const;

/** `--for`, of everything that would run until it is ended. */
export const FOR_FLAG = {
  kind: "parsed",
  parse: parseDurationMs,
  brief: "Stop after this long: 30s, 5m",
  optional: true,
  placeholder: "duration",
} as const;

/** `--env` of what runs one environment; `demo` needs no account, no server, no internet. */
export const ENV_FLAG = {
  kind: "parsed",
  parse: String,
  brief: "Name of the environment",
  default: "demo",
  placeholder: "env",
  completes: "environment",
} as const;

/** `--data`, where an archive is read. */
export const ARCHIVE_FLAG = {
  kind: "parsed",
  parse: String,
  brief: "Folder of the archive; default: the storage of --env, else ./data",
  optional: true,
  placeholder: "dir",
  completes: "dir",
} as const;
