import { PARSERS } from "@ssmd/exchanges";
import { list, on, text, type ValuesOf, whole } from "../command/flag.ts";

const PARSER_BRIEF = "Normalizer that reads it, as ssmd feed list shows it";

/** Flags that describe a version of a feed. */
export const VERSION_FLAGS = {
  endpoint: text("Address of the live feed, wss://…", { placeholder: "url" }),
  auth: text("How a client signs in: none or rsa-pss-sha256", { placeholder: "method" }),
  authFields: list("Credential fields that signing in needs", { placeholder: "names" }),
  symbolsPerConnection: whole("Most symbols of one connection", { placeholder: "count" }),
  rateLimit: text("What a client may send, like 10/1s", { placeholder: "limit" }),
  types: list("Record types that it brings: trade,ticker,orderbook,status,gap", {
    placeholder: "types",
  }),
  bookDepths: list("Depths that may be asked for: 10,25,100", { placeholder: "depths" }),
  bookChecksum: on("Books carry a checksum", { negatable: true }),
  sequenceField: text("Field with the venue's number of a message, or none", {
    placeholder: "field",
  }),
  parser: text(PARSER_BRIEF, { placeholder: "id", suggests: PARSERS }),
  notes: text("What a reader should know"),
};
/** See {@linkcode VERSION_FLAGS}. */
export type VersionFlags = ValuesOf<typeof VERSION_FLAGS>;

/** Flags of a first version: endpoint and normalizer are required. */
export const FIRST_VERSION_FLAGS = {
  ...VERSION_FLAGS,
  endpoint: text("Address of the live feed, wss://…", { placeholder: "url", required: true }),
  parser: text(PARSER_BRIEF, { placeholder: "id", suggests: PARSERS, required: true }),
};
