import { z } from "zod";
import { LINKS, TIME } from "./common.ts";
import { named } from "./named.ts";

/** Whether the process lives. */
export const HEALTH = named(
  "Health",
  "The process lives.",
  z.strictObject({
    status: z.literal("ok"),
    version: z.string().optional(),
    uptime_s: z.int().optional(),
  }),
);

/** Whether the gateway serves. */
export const READINESS = named(
  "Readiness",
  "Whether live records come in; with reasons where they do not.",
  z.strictObject({ ready: z.boolean(), reasons: z.array(z.string()).optional() }),
);

/** What runs here. */
export const INFO = named(
  "Info",
  "What runs here.",
  z.looseObject({ env: z.string(), version: z.string(), feeds: z.array(z.string()) }),
);

/** Where to begin. */
export const INDEX = named(
  "Index",
  "Where to begin: every route with one line.",
  z.strictObject({
    name: z.string(),
    env: z.string(),
    version: z.string(),
    now: TIME,
    auth: z.enum(["open", "required"]).describe("Whether callers must show a key."),
    routes: z.array(z.strictObject({
      method: z.string(),
      path: z.string(),
      summary: z.string(),
      parameters: z.array(z.string()),
    })),
    _links: LINKS,
    _hints: z.array(z.string()),
  }),
);
