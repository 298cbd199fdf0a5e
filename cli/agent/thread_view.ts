import type { Thread, ThreadDetails } from "@ssmd/agents";
import { z } from "zod";
import { countText } from "../format.ts";

/** Agent thread as printed. */
export const THREAD = z.object({
  thread: z.string(),
  state: z.enum(["running", "question", "approval", "ended"]),
  detail: z.string().describe("Its question, what waits for an approval, or how it ended"),
  words: z.string(),
  requested_by: z.string(),
  model: z.string().describe("Model; a scripted one is marked as such"),
  updated_at: z.string().describe("ISO 8601"),
});

/** Agent thread with its results. */
export const THREAD_DETAILS = THREAD.extend({
  hash: z.string().nullable().describe("Hash of exactly what was tested; an approval names it"),
  signal: z.string().nullable(),
  source: z.string().nullable(),
  test: z.string().nullable(),
  checks: z.array(z.string()),
  backtest: z.object({ fires: z.int(), records: z.int() }).nullable()
    .describe("null = no archive to test over"),
  commit: z.string().nullable(),
  branch: z.string().nullable(),
  audit: z.array(z.object({ at: z.string(), what: z.string(), record: z.looseObject({}) })),
});

/** Builds a list item of a thread. */
export function threadView(thread: Thread): z.output<typeof THREAD> {
  const { id, state, detail, words, requestedBy, model, updatedAt } = thread;
  return {
    thread: id,
    state,
    detail,
    words,
    requested_by: requestedBy,
    model,
    updated_at: updatedAt,
  };
}

/** Builds the full view of a thread. */
export function threadDetails(thread: ThreadDetails): z.output<typeof THREAD_DETAILS> {
  const { hash, sources, steps, backtest, ending, audit } = thread;
  const committed = ending?.kind === "committed" ? ending : null;
  return {
    ...threadView(thread),
    ...{ hash, signal: sources?.id ?? null, source: sources?.source ?? null },
    ...{ test: sources?.test ?? null, checks: steps, backtest },
    ...{ commit: committed?.commit ?? null, branch: committed?.branch ?? null },
    audit: audit.map((each) => ({ ...each })),
  };
}

/** Formats a thread as text: its results and the next step. */
export function threadText(thread: z.output<typeof THREAD_DETAILS>): string {
  const { thread: id, state, detail, model, source, checks, backtest, hash } = thread;
  const next = state === "question"
    ? [`answer: ssmd agent answer ${id} <words>`]
    : state === "approval"
    ? [`hash ${hash}`, `next: ssmd agent approve ${id}, or ssmd agent reject ${id}`]
    : [];
  return [
    `${id}: ${state}${detail === "" ? "" : `: ${detail}`}`,
    `model: ${model}`,
    ...(source === null ? [] : ["", source.trimEnd(), ""]),
    ...(checks.length === 0 ? [] : [`checks: ${checks.join(", ")}`]),
    ...(backtest === null ? [] : [
      `backtest: ${countText(backtest.fires, "fire")} in ${countText(backtest.records, "record")}`,
    ]),
    ...next,
    "",
  ].join("\n");
}
