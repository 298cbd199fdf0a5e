import { EVENT_TYPES } from "@ssmd/market";
import { z } from "zod";
import type { Feed } from "./feed.ts";
import { address, camelKeys, day, durationMs, fields, nameText, plainText } from "./shape.ts";

const capabilities = fields({
  types: z.array(z.enum(EVENT_TYPES)).min(1),
  book_depths: z.array(z.int().min(1).max(10_000)).min(1).exactOptional(),
  book_checksum: z.boolean().default(false),
}).transform(camelKeys);

const auth = fields({
  method: z.enum(["none", "rsa-pss-sha256"]),
  fields: z.array(plainText).default([]),
});

const rateLimit = fields({
  requests: z.int().min(1).max(1_000_000),
  per: durationMs,
}).transform(({ requests, per }) => ({ requests, perMs: per }));

const version = fields({
  from: day,
  protocol: fields({ transport: z.literal("websocket"), message: z.literal("json") }),
  endpoint: address(["wss", "ws"]),
  auth,
  symbols_per_connection: z.int().min(1).max(100_000),
  rate_limit: rateLimit.exactOptional(),
  capabilities,
  sequenced: z.boolean(),
  sequence_field: plainText.exactOptional(),
  parser: plainText,
  notes: z.string().exactOptional(),
}).transform(camelKeys);

const captureLocation = fields({
  id: nameText,
  clock_source: z.enum(["ntp", "chrony", "ptp", "gps"]),
  clock_accuracy_us: z.int().min(1).max(10_000_000),
}).transform(camelKeys);

/** Shape of a feed file. */
export const feedShape: z.ZodType<Feed> = fields({
  id: nameText,
  display_name: plainText,
  type: z.enum(["spot", "prediction"]),
  status: z.enum(["active", "disabled"]),
  calendar: nameText.exactOptional(),
  versions: z.array(version).min(1),
  capture_locations: z.array(captureLocation).exactOptional(),
}).transform(camelKeys);
