import { z } from "zod";
import { differenceLines, differenceText } from "@ssmd/dataset/diff";
import { RECORD_TYPES } from "../archive/archive_flags.ts";
import { gatewayUrl, keyHeader, parseUrl } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";
import { dir, duration, parsed, text } from "../command/flag.ts";
import { notice, type SsmdContext } from "../context.ts";
import { render } from "../render.ts";
import {
  DIFFERENCE,
  DIFFERENCES,
  diffRows,
  diffView,
  firstDifference,
  isOneSchema,
} from "../reprocess/diff_view.ts";
import { compareEnvironments } from "../revisions/compare_environments.ts";
import { untilEnded } from "../revisions/until_ended.ts";

const COMPARED = z.object({
  env_a: z.string(),
  env_b: z.string(),
  feed: z.string(),
  seconds: z.number(),
  passed: z.boolean(),
  first: DIFFERENCE.nullable().describe("First record that differs"),
  ...DIFFERENCES.shape,
});

const url = (which: string) =>
  parsed(parseUrl, `Address of the gateway of ${which}; default: the one on this machine`, {
    placeholder: "url",
  });
const data = (which: string) => dir(`Data folder of ${which}; default: the environment's`);
const env = (which: string) =>
  text(`Environment that ${which}`, {
    placeholder: "env",
    completes: "environment",
    required: true,
  });

export default defineCommand({
  name: "test compare",
  brief: "Compare the records that two running environments produce from the same feed",
  description:
    "Reads both live streams for --duration and compares them: counts, schemas, values, " +
    "delays and the first records that differ. Records are equal when all fields except the " +
    "receive time and the number in the connection are equal; they are paired by the venue's " +
    "time. Records of the first and last 2 seconds may be on one stream only. If the " +
    "gateways require keys, set SSMD_API_KEY_A and SSMD_API_KEY_B. Exit code 1 when a record " +
    "or a schema differs.",
  examples: [
    "ssmd test compare --env-a demo --env-b demo --feed kraken --duration 2s",
  ],
  flags: {
    envA: env("is right"),
    envB: env("is tested"),
    dataA: data("--env-a"),
    dataB: data("--env-b"),
    urlA: url("--env-a"),
    urlB: url("--env-b"),
    feed: text("Feed", { placeholder: "feed", completes: "feed", required: true }),
    symbol: text("Only this symbol, or KX* for all that begin with KX; may be repeated", {
      placeholder: "symbol",
      repeated: true,
    }),
    type: RECORD_TYPES,
    duration: duration("How long both are read", { default: "1m" }),
  },
  output: COMPARED,
  asks: ["stream subscribe", "GET /v1/meta/schemas"],
  failed: ({ passed }) => !passed,
  table: (value) => ({ text: textOf(value) }),
  run: ({ flags, context }) =>
    untilEnded(async (signal) => {
      const { envA, envB, feed, symbol = ["*"], type = COMPARED_TYPES, duration } = flags;
      const baseline = await location(
        context,
        { env: envA, data: flags.dataA, url: flags.urlA },
        "A",
      );
      const candidate = await location(
        context,
        { env: envB, data: flags.dataB, url: flags.urlB },
        "B",
      );
      notice(context, `reading ${baseline.url} and ${candidate.url} for ${duration / 1000} s`);
      const diff = await compareEnvironments({
        ...{
          baseline,
          candidate,
          feed,
          symbols: symbol,
          types: type,
          durationMs: duration,
          signal,
        },
      });
      const view = diffView(diff);
      const passed = diff.same && isOneSchema(diff);
      const first = firstDifference(view);
      return { env_a: envA, env_b: envB, feed, seconds: duration / 1000, passed, first, ...view };
    }),
});

/** Gaps differ per connection; fires and actions derive from the compared types. */
const COMPARED_TYPES = ["trade", "ticker", "orderbook", "status"] as const;

async function location(
  { globals }: SsmdContext,
  { env, data, url }: { env: string; data: string | undefined; url: string | undefined },
  which: "A" | "B",
) {
  const found = url ?? await gatewayUrl(globals, { env, ...(data === undefined ? {} : { data }) });
  return { url: found, headers: keyHeader(`SSMD_API_KEY_${which}`) };
}

function textOf(value: z.output<typeof COMPARED>): string {
  const { env_a, env_b, feed, seconds, passed, first } = value;
  const counted = passed ? "PASS" : "FAIL";
  const head = `${counted}  ${feed} of ${env_a} (old) and ${env_b} (new), ${seconds} s`;
  const delays = value.values.filter(({ field }) => field.endsWith(".delayMs"))
    .map(({ field, old, new: now }) =>
      `${field} p50 ${shown(old?.p50)} and ${shown(now?.p50)}, p99 ${shown(old?.p99)} and ${
        shown(now?.p99)
      }`
    );
  const rows = diffRows(value);
  const found = first === null ? "another schema" : `${first.symbol} ${differenceText(first)}`;
  return [
    head,
    render({ value: value.types, rows, counted: "type" }, "table") + delays.join("\n"),
    ...(passed ? [] : [
      ...["", `the first record that differs: ${found}`],
      ...differenceLines({ ...value, symbolsLeftOut: value.symbols_left_out }),
    ]),
    "",
  ].join("\n");
}

function shown(ms: number | null | undefined): string {
  return ms === null || ms === undefined ? "-" : `${Number(ms.toPrecision(3))}`;
}
