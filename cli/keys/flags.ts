import { SEAL_SCOPES, type SealScope } from "@ssmd/metadata";
import { OUTPUT_FORMATS, type OutputFormat } from "../render.ts";

/** Flags of all commands about keys. */
export interface KeyFlags {
  dir?: string;
  output: OutputFormat;
}

/** Definitions of {@linkcode KeyFlags}. */
export const KEY_FLAGS = {
  dir: {
    kind: "parsed",
    parse: String,
    brief: "Folder of the registry; default: found upward from here",
    optional: true,
    placeholder: "dir",
  },
  output: {
    kind: "enum",
    values: OUTPUT_FORMATS,
    default: "table",
    brief: "table, json or yaml",
  },
} as const;

/** `--env` of commands that look at all environments when none is named. */
export const ANY_ENV_FLAG = {
  kind: "parsed",
  parse: String,
  brief: "One environment only; default: all",
  optional: true,
  placeholder: "env",
} as const;

/** `--env` of commands about one key. */
export const ENV_FLAG = {
  kind: "parsed",
  parse: String,
  brief: "The environment that the key is of",
  placeholder: "env",
} as const;

/** `--yes` of commands that ask. */
export const YES_FLAG = {
  kind: "boolean",
  brief: "Do it without asking",
  default: false,
  withNegated: false,
} as const;

/** Flags of commands that seal values. */
export interface SealFlags {
  cert?: string;
  namespace?: string;
  scope?: SealScope;
}

/** Definitions of {@linkcode SealFlags}. */
export const SEAL_FLAGS = {
  cert: {
    kind: "parsed",
    parse: String,
    brief: "Sealing: the controller's certificate (kubeseal --fetch-cert), or SSMD_SEALING_CERT",
    optional: true,
    placeholder: "file",
  },
  namespace: {
    kind: "parsed",
    parse: String,
    brief: "Sealing: namespace of the secret",
    optional: true,
    placeholder: "namespace",
  },
  scope: {
    kind: "enum",
    values: SEAL_SCOPES,
    brief: "Sealing: where it can be opened; default strict",
    optional: true,
  },
} as const;

/** `--field` of commands that write values. */
export const FIELD_FLAG = {
  kind: "parsed",
  parse: String,
  brief: "One field only; its value is all of stdin",
  optional: true,
  placeholder: "field",
} as const;

/**
 * The key's name, and whatever else stands on the line: values belong to stdin, and must be refused
 * without being repeated, as the parser would.
 */
export const KEY_NAME = {
  kind: "array",
  parameter: { brief: "The key", parse: String, placeholder: "key" },
  minimum: 1,
} as const;
