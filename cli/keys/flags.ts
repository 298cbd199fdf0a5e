import { SEAL_SCOPES, type SealScope } from "@ssmd/metadata";
import { OUTPUT_FLAG } from "../flags.ts";
import type { OutputFormat } from "../render.ts";

/** Flags of all commands about keys. */
export interface KeyFlags {
  output: OutputFormat;
}

/** Definitions of {@linkcode KeyFlags}. */
export const KEY_FLAGS = { output: OUTPUT_FLAG } as const;

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
