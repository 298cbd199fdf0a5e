import { SEAL_SCOPES } from "@ssmd/metadata";
import { choice, file, text, type ValuesOf } from "../command/flag.ts";

/** Flags of commands that seal values. */
export const SEAL_FLAGS = {
  cert: file("Sealing: the controller's certificate (kubeseal --fetch-cert), or SSMD_SEALING_CERT"),
  namespace: text("Sealing: namespace of the secret", { placeholder: "namespace" }),
  scope: choice(SEAL_SCOPES, "Sealing: scope in which it can be opened; default strict"),
};

/** Values of {@linkcode SEAL_FLAGS}. */
export type SealFlags = ValuesOf<typeof SEAL_FLAGS>;

/** `--field` of commands that write values. */
export const FIELD = text("Only this field; its value is all of stdin", { placeholder: "field" });

/**
 * The key's name, and any further words: a value typed here must be refused without being repeated,
 * which the parser would do.
 */
export const KEY_NAME = {
  each: text("Name of the key", { placeholder: "key", completes: "key", required: true }),
  minimum: 1,
} as const;
