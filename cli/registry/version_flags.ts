import { PARSERS } from "@ssmd/exchanges";
import { listFlag, numberFlag, switchFlag, textFlag } from "./flags.ts";

/** Flags that say what a version of a feed is. */
export const VERSION_FLAGS = {
  endpoint: textFlag("Address of the live feed, wss://…", "url"),
  auth: textFlag("How a client signs in: none or rsa-pss-sha256", "method"),
  authFields: listFlag("Credential fields that signing in needs", "names"),
  symbolsPerConnection: numberFlag("Most symbols of one connection", "count"),
  rateLimit: textFlag("What a client may send, like 10/1s", "limit"),
  types: listFlag("Record types that it brings: trade,ticker,orderbook,status,gap", "types"),
  bookDepths: listFlag("Depths that may be asked for: 10,25,100", "depths"),
  bookChecksum: { ...switchFlag("Books carry a checksum"), default: undefined, optional: true },
  sequenceField: textFlag("Field with the venue's number of a message, or none", "field"),
  parser: {
    ...textFlag("Normalizer that reads it, as ssmd feed list shows it", "id"),
    values: PARSERS,
  },
  notes: textFlag("What a reader should know", "text"),
} as const;
