import { z } from "zod";
import { duration, fields, nameText, oneOf, plainText } from "./shape.ts";

const APPROVE = {
  approve: duration.exactOptional()
    .describe("Time within which a person must approve it, like 15m; absent = no approval needed"),
};

const ACTION = oneOf([
  fields({
    type: z.literal("alert").describe("Warning in the log, the metrics and the page"),
    severity: z.enum(["info", "warning", "critical"]).default("warning").describe(
      "Severity",
    ),
    ...APPROVE,
  }),
  fields({ type: z.literal("log").describe("Line in the log"), ...APPROVE }),
  fields({
    type: z.literal("webhook").describe("JSON by POST to an address"),
    to: nameText.describe("Name of a webhook in agents.webhooks of the environment"),
    ...APPROVE,
  }),
  fields({
    type: z.literal("trade_signal").describe("Record that others may trade on; never an order"),
    side: z.enum(["buy", "sell"]).describe("Trade direction that it suggests"),
    size: z.number().gt(0).exactOptional().describe("Suggested amount; absent = unspecified"),
    ...APPROVE,
  }),
]);

const PATTERNS = z.array(plainText).min(1);

/** Policy file, `policies/<name>.yaml`: allowed actions when a signal fires. */
export const POLICY_FILE = fields({
  name: nameText.describe("Name of the policy, the same as the file's"),
  signals: PATTERNS.describe("Signals; a final * matches any rest"),
  symbols: PATTERNS.exactOptional()
    .describe("Symbols; a final * matches any rest; absent = all"),
  actions: z.record(nameText, ACTION)
    .describe("Possible actions by name: the model chooses one of them or none"),
  default: nameText.describe(
    "Action taken without a model, when the model fails, or when its budget is spent; none = " +
      "no action",
  ),
  within: duration.exactOptional()
    .describe(
      "Maximum age of a fire: older ones are only recorded, for example after a downtime; " +
        "absent = 1h",
    ),
  per_hour: z.int().min(1).max(100_000).default(60)
    .describe("Maximum fires per hour that are acted on; further ones are only recorded"),
});

/** Allowed actions when a signal fires. */
export type Policy = z.output<typeof POLICY_FILE>;
/** An allowed action. */
export type PolicyAction = z.output<typeof ACTION>;
