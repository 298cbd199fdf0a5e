import type { Completes } from "../flags.ts";

/** The kind of a parameter's value. */
export type ParameterType =
  | "boolean"
  | "choice"
  | "count"
  | "date"
  | "dir"
  | "duration"
  | "file"
  | "number"
  | "text";

/** A flag or an argument. */
export interface CatalogueParameter {
  /** As it is typed, without dashes. */
  name: string;
  brief: string;
  type: ParameterType;
  /** All allowed values; absent = any of the type. */
  values?: readonly string[];
  default?: string | boolean;
  required: boolean;
  /** Whether it may be given several times. */
  repeated: boolean;
  placeholder?: string;
  /** One letter. */
  alias?: string;
  /** Whether `--no-…` is there too. */
  negatable?: boolean;
  /** What the shell completes it with. */
  completes?: Completes;
}

/** What a command prints. */
export interface CatalogueOutput {
  formats: readonly string[];
  /** Path of the JSON Schema of `--output json`, from the root of the repository. */
  schema: string;
}

/** A command. */
export interface CatalogueCommand {
  /** `archive verify` */
  name: string;
  brief: string;
  description: string;
  usage: string;
  /** Lines for a shell. */
  examples: readonly string[];
  flags: readonly CatalogueParameter[];
  arguments: readonly CatalogueParameter[];
  /** Absent = it prints no data. */
  output?: CatalogueOutput;
}

/** Everything that `ssmd` can do; the value of `ssmd help --output json`. */
export interface Catalogue {
  name: "ssmd";
  brief: string;
  exit_codes: Readonly<Record<string, string>>;
  /** Flags of every command. */
  global_flags: readonly CatalogueParameter[];
  /** Words that stand for several commands, `client` and `client api-key`. */
  groups: readonly { name: string; brief: string }[];
  commands: readonly CatalogueCommand[];
}

/** Words that name a command, at most: `client api-key create`. */
const ROUTE_WORDS_MAX = 3;

/** The words of a command line that name a command: the longest that fits. */
export function commandIn(
  { commands }: Catalogue,
  words: readonly string[],
): CatalogueCommand | undefined {
  for (let length = Math.min(words.length, ROUTE_WORDS_MAX); length > 0; length--) {
    const name = words.slice(0, length).join(" ");
    const found = commands.find((command) => command.name === name);
    if (found !== undefined) return found;
  }
  return undefined;
}
