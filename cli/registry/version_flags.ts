import { PARSERS } from "@ssmd/exchanges";
import { list, on, text, type ValuesOf, whole } from "../command/flag.ts";

const PARSER_BRIEF = "Normalizer that reads it, as ssmd feed list shows it";

/** Flags that describe a version of a feed. */
export const VERSION_FLAGS = {
  endpoint: text("Address of the live feed, wss://…", { placeholder: "url" }),
  auth: text("Sign-in of clients: none or rsa-pss-sha256", { placeholder: "method" }),
  authFields: list("Credential fields required to sign in", { placeholder: "names" }),
  symbolsPerConnection: whole("Maximum number of symbols per connection", { placeholder: "count" }),
  rateLimit: text("Rate limit of a client, like 10/1s", { placeholder: "limit" }),
  types: list("Record types it carries: trade,ticker,orderbook,status,gap", {
    placeholder: "types",
  }),
  bookDepths: list("Depths that can be requested: 10,25,100", { placeholder: "depths" }),
  bookChecksum: on("Books carry a checksum", { negatable: true }),
  sequenceField: text("Field with the venue's sequence number, or none", {
    placeholder: "field",
  }),
  parser: text(PARSER_BRIEF, { placeholder: "id", suggests: PARSERS }),
  notes: text("Notes for readers"),
};
/** See {@linkcode VERSION_FLAGS}. */
export type VersionFlags = ValuesOf<typeof VERSION_FLAGS>;

/** Flags of a first version: endpoint and normalizer are required. */
export const FIRST_VERSION_FLAGS = {
  ...VERSION_FLAGS,
  endpoint: text("Address of the live feed, wss://…", { placeholder: "url", required: true }),
  parser: text(PARSER_BRIEF, { placeholder: "id", suggests: PARSERS, required: true }),
};
