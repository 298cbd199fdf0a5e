import { z } from "zod";
import { named } from "../rest/schemas/named.ts";

/** A connection of the stream. */
export const CONNECTION = named(
  "Connection",
  "A connection of the stream: what it has, what waits for it, what went wrong.",
  z.looseObject({ id: z.int(), client: z.string(), address: z.string() }),
);

/** Connections. */
export const CONNECTION_LIST = named(
  "ConnectionList",
  "Connections of the stream.",
  z.strictObject({ clients: z.array(CONNECTION) }),
);
