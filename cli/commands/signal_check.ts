import { z } from "zod";
import type { MarketEvent } from "@ssmd/market";
import { type CheckResult, checkSignal, findSignal, mergedRecords } from "@ssmd/signals";
import { withArchive } from "../archive/with_archive.ts";
import { spanOf } from "../archive/time_span.ts";
import { ARCHIVE, SPAN_FLAGS } from "../archive/archive_flags.ts";
import { ENVIRONMENT_FILTER, OUTPUT } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { render } from "../render.ts";
import { Registry } from "../registry/registry.ts";
import { SET, settingsOf, SIGNAL } from "../signal/signal_args.ts";
import { findingText } from "../signal/finding_text.ts";
import { foldersOfSignals } from "../signal/folders_of_signals.ts";
import { countText } from "../format.ts";

/** Maximum number of archived records per check, which runs them nine times. */
const RECORDS_MAX = 200_000;

const FINDING = z.object({
  file: z.string(),
  line: z.int(),
  column: z.int(),
  message: z.string(),
  hint: z.string(),
});

const CHECK = z.object({
  signal: z.string(),
  path: z.string(),
  ok: z.boolean(),
  findings: z.array(FINDING),
  steps: z.array(z.object({
    name: z.string(),
    result: z.enum(["passed", "failed", "unproven"]),
    detail: z.string(),
  })),
  data: z.enum(["made up", "archive"]),
  records: z.int(),
  fires: z.int(),
  ns_per_record: z.int().nullable().describe("Time in a host, decoding included; null = not run"),
  bytes_per_instance: z.int().nullable().describe("Bytes of its state; null = not run"),
});

export default defineCommand({
  name: "signal check",
  brief: "Check a signal before it goes live",
  description:
    "Checks the rules for authors, types, imports, and that the registry has its feeds. Then, in a host without permissions: " +
    "it does not crash, the same records give the same fires, later records change no " +
    "earlier fires, and a start in the middle fires nothing else. Uses made-up markets by " +
    "default; with --date, or --from and --to, records of the archive. With fewer than 10 " +
    "fires, it reports that nothing is proven. Exit code 1 when a check fails.",
  examples: [
    "ssmd signal check spread_widens",
    "ssmd signal check price_crosses --set price=0.4 --output json",
    "ssmd signal check imbalance_flip --date 2026-08-01",
  ],
  flags: {
    env: ENVIRONMENT_FILTER,
    data: ARCHIVE,
    ...SPAN_FLAGS,
    set: SET,
    output: OUTPUT,
  },
  args: [SIGNAL],
  output: CHECK,
  failed: ({ ok }) => !ok,
  table: (check) => ({ text: textOf(check) }),
  async run({ flags, args: [name], context }) {
    const { all } = await foldersOfSignals(context.globals);
    const file = await findSignal(name, all);
    const span = spanOf(flags);
    const params = settingsOf(flags.set);
    const registry = await Registry.open(context.globals).catch(() => undefined);
    const options = {
      params,
      ...(registry === undefined ? {} : { feeds: registry.names("feed") }),
    };
    const isArchived = span.fromUs !== undefined || span.toUs !== undefined;
    if (!isArchived) return viewOf(await checkSignal(file, options), "made up");
    const records = ({ neededFeeds: feeds, types }: RecordsWanted) =>
      withArchive(context, flags, async ({ storage, env }) => {
        const taken: MarketEvent[] = [];
        for await (const batch of mergedRecords(storage, { env, feeds, types, ...span })) {
          taken.push(...batch);
          if (taken.length >= RECORDS_MAX) break;
        }
        return taken.slice(0, RECORDS_MAX);
      });
    return viewOf(await checkSignal(file, { ...options, records }), "archive");
  },
});

type RecordsWanted = Pick<NonNullable<CheckResult["info"]>, "neededFeeds" | "types">;

function viewOf(result: CheckResult, data: "made up" | "archive"): z.output<typeof CHECK> {
  const { signal, path, ok, findings, steps, records, fires } = result;
  return {
    ...{ signal, path, ok, findings, steps, data, records, fires },
    ns_per_record: result.nsPerRecord,
    bytes_per_instance: result.bytesPerInstance,
  };
}

function textOf(check: z.input<typeof CHECK>): string {
  const places = check.findings.map(findingText);
  const rows = check.steps.map(({ name, result, detail }) => ({ check: name, result, detail }));
  const { records, data, fires, ns_per_record: ns, bytes_per_instance: bytes } = check;
  const cost = ns === null ? [] : [
    `${countText(fires, "fire")} on ${countText(records, "record")} (${data}); ` +
    `${ns} ns a record, ${countText(bytes ?? 0, "byte")} a market`,
  ];
  const isUnproven = check.steps.some(({ result }) => result === "unproven") && ns !== null;
  const hint = isUnproven
    ? [
      `It fires too seldom here: set its limits lower with --set, or check over what was captured: --date today`,
    ]
    : [];
  return [
    ...places,
    render({ value: check, rows }, "table").trimEnd(),
    ...cost,
    ...hint,
    `${check.signal}: ${check.ok ? "nothing is wrong" : "it must not go live like this"}`,
  ].join("\n") + "\n";
}
