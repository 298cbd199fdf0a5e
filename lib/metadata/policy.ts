import { z } from "zod";
import { duration, fields, nameText, oneOf, plainText } from "./shape.ts";

const APPROVE = {
  approve: duration.exactOptional()
    .describe("Time within which a person must approve it, like 15m; absent = nobody has to"),
};

const ACTION = oneOf([
  fields({
    type: z.literal("alert").describe("A warning in the log, the metrics and the page"),
    severity: z.enum(["info", "warning", "critical"]).default("warning").describe(
      "How urgent it is",
    ),
    ...APPROVE,
  }),
  fields({ type: z.literal("log").describe("A line in the log"), ...APPROVE }),
  fields({
    type: z.literal("webhook").describe("JSON to an address"),
    to: nameText.describe("One of agents.webhooks of the environment"),
    ...APPROVE,
  }),
  fields({
    type: z.literal("trade_signal").describe("A record that others may trade on; never an order"),
    side: z.enum(["buy", "sell"]).describe("What it speaks for"),
    size: z.number().gt(0).exactOptional().describe("Of how much; absent = it does not say"),
    ...APPROVE,
  }),
]);

const PATTERNS = z.array(plainText).min(1);

/** Policy file, `policies/<name>.yaml`: allowed actions when a signal fires. */
export const POLICY_FILE = fields({
  name: nameText.describe("The file's name"),
  signals: PATTERNS.describe("Signals, * at the end for all that begin so"),
  symbols: PATTERNS.exactOptional()
    .describe("Symbols, * at the end for all that begin so; absent = all"),
  actions: z.record(nameText, ACTION)
    .describe("What may be done, by name: the model picks one of them or none"),
  default: nameText.describe(
    "The action that is taken without a model, or when it fails or its budget is spent; none = none",
  ),
  within: duration.exactOptional()
    .describe("Older fires are only noted, as after a time away; absent = 1h"),
  per_hour: z.int().min(1).max(100_000).default(60)
    .describe("Fires of an hour that are acted on; further ones are only noted"),
});

/** Allowed actions when a signal fires. */
export type Policy = z.output<typeof POLICY_FILE>;
/** An allowed action. */
export type PolicyAction = z.output<typeof ACTION>;
