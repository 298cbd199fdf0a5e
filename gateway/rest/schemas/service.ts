import { z } from "zod";
import { LINKS, TIME } from "./common.ts";
import { named } from "../../http/named.ts";

/** Liveness of the process. */
export const HEALTH = named(
  "Health",
  "Whether the work of the process moves; with reasons where it hangs.",
  z.strictObject({
    status: z.enum(["ok", "failing"]),
    version: z.string().optional(),
    uptime_s: z.int().optional(),
    reasons: z.array(z.string()).optional(),
  }),
);

/** Readiness of the process. */
export const READINESS = named(
  "Readiness",
  "Whether all components of the process do their work; with all reasons where they do not.",
  z.strictObject({
    ready: z.boolean(),
    reasons: z.array(z.string()).optional().describe("One sentence per condition, for a person."),
    conditions: z.array(z.strictObject({
      component: z.string(),
      feed: z.string().optional().describe("Absent = the whole component."),
      condition: z.string().describe(
        "Stable name, as in the label of `ssmd_process_condition_failing`.",
      ),
      reason: z.string(),
      since: TIME,
    })).optional(),
  }),
);

/** Environment, version and feeds. */
export const INFO = named(
  "Info",
  "What runs here.",
  z.looseObject({ env: z.string(), version: z.string(), feeds: z.array(z.string()) }),
);

/** Overview of all routes. */
export const INDEX = named(
  "Index",
  "Where to begin: every route with one line.",
  z.strictObject({
    name: z.string(),
    env: z.string(),
    version: z.string(),
    now: TIME,
    auth: z.enum(["open", "required"]).describe("Whether callers must present a key."),
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
