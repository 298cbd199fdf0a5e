import { z } from "zod";

const NAME = z.string().regex(/^[a-z][a-z0-9_]{2,48}$/);
const IDENTIFIER = z.string().regex(/^[a-z][A-Za-z0-9]{0,30}$/);
const SPAN = z.string().regex(/^\d{1,4}(ms|s|m|h)$/);
/** A single expression; the template provides the rest. */
const EXPRESSION = z.string().min(1).max(600).regex(/^[^`\n;]*$/);

const BUILDER = z.discriminatedUnion("builder", [
  z.strictObject({
    name: IDENTIFIER,
    builder: z.literal("orderbook"),
    depth: z.int().min(1).max(100).optional(),
  }),
  z.strictObject({
    name: IDENTIFIER,
    builder: z.literal("priceHistory"),
    window: SPAN,
    source: z.enum(["trade", "mid"]).optional(),
  }),
  z.strictObject({ name: IDENTIFIER, builder: z.literal("volumeProfile"), window: SPAN }),
]);

/** A model's understanding of a request. */
export const UNDERSTANDING = z.strictObject({
  summary: z.string().max(300).describe("When the signal fires, in one sentence."),
  question: z.string().max(300).nullable()
    .describe("What must be asked first; null = everything is clear."),
});

/** Template slots for a model to fill: expressions only, never a program. */
export const SIGNAL_DRAFT = z.strictObject({
  id: NAME.describe("File name: spread_doubles"),
  title: z.string().min(3).max(100),
  feeds: z.array(z.string().regex(/^[a-z][a-z0-9_-]*$/)).min(1).max(10),
  symbols: z.array(z.string().regex(/^[\w./:%+*-]{1,64}$/)).min(1).max(50)
    .describe("Names, or their beginning and *"),
  params: z.record(IDENTIFIER, z.number()).describe("Numbers that may be set otherwise"),
  state: z.array(BUILDER).min(1).max(8),
  when: EXPRESSION.describe("The condition over the state's names and p.<param>"),
  edge: z.enum(["rising", "falling", "level"]).default("rising"),
  cooldown: SPAN.nullable(),
  every: SPAN.nullable(),
  fire: z.record(IDENTIFIER, EXPRESSION).describe("What a fire says: name → expression"),
});

export type SignalDraft = z.output<typeof SIGNAL_DRAFT>;
