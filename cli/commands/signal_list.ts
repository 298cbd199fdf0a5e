import { z } from "zod";
import {
  hostedSignalOf,
  LIBRARY_DIR,
  listSignals,
  type SignalFile,
  Supervisor,
} from "@ssmd/signals";
import { messageOf } from "@ssmd/runtime";
import { OUTPUT } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { foldersOfSignals } from "../signal/folders_of_signals.ts";
import { RUNNING, RUNNING_FLAGS, RunningSignals, whyText } from "../signal/running_signals.ts";

const SIGNAL = z.object({
  id: z.string(),
  title: z.string().nullable().describe("null = it does not load"),
  version: z.int().nullable(),
  feeds: z.array(z.string()),
  symbols: z.array(z.string()),
  of: z.enum(["project", "ssmd"]),
  path: z.string(),
  problem: z.string().nullable().describe("Why it does not load"),
  running: RUNNING,
});

export default defineCommand({
  name: "signal list",
  brief: "List the signals of the project and of ssmd",
  description: "A signal of the project hides one of ssmd of the same name. Where an environment " +
    "runs, its gateway tells the state of each signal and what it waits for.",
  examples: [
    "ssmd signal list",
    "ssmd signal list --env demo",
    "ssmd signal list --output json",
  ],
  flags: { ...RUNNING_FLAGS, output: OUTPUT },
  output: z.array(SIGNAL),
  table: (signals) => {
    const isAsked = signals.some(({ running }) => running !== null);
    return {
      rows: signals.map(({ id, version, title, feeds, symbols, of, problem, running }) => ({
        ...{ id, version, title: title ?? `does not load: ${problem}` },
        ...{ feeds: feeds.join(" "), symbols: symbols.join(" "), of },
        ...(isAsked ? { state: running?.state, why: whyText(running) } : {}),
      })),
      counted: "signal",
    };
  },
  asks: ["GET /v1/signals"],
  async run({ flags, context }) {
    const { all } = await foldersOfSignals(context.globals);
    const running = await RunningSignals.ask(context, flags);
    const files = await listSignals(all);
    const known = await loadAll(files);
    return files.map(({ id, path }) => {
      const { sourceHash, ...rest } = known.get(id) ??
        { ...UNKNOWN, problem: "it does not end loading" };
      return {
        ...{ id, path, of: path.startsWith(`${LIBRARY_DIR}/`) ? "ssmd" : "project" } as const,
        ...{ ...rest, running: running.stateOf(id, sourceHash) },
      };
    });
  },
});

type Known = Omit<z.output<typeof SIGNAL>, "id" | "path" | "of" | "running"> & {
  sourceHash: string | undefined;
};

const UNKNOWN = { sourceHash: undefined, title: null, version: null, feeds: [], symbols: [] };

/** Loads signals; one that cannot be linked or loaded gets a `problem`. */
async function loadAll(files: readonly SignalFile[]): Promise<Map<string, Known>> {
  const known = new Map<string, Known>();
  const signals = [];
  for (const file of files) {
    try {
      signals.push(await hostedSignalOf(file));
    } catch (error) {
      known.set(file.id, { ...UNKNOWN, problem: messageOf(error) });
    }
  }
  if (signals.length === 0) return known;
  const supervisor = new Supervisor({ signals });
  try {
    const ready = await supervisor.start();
    for (const { id, title, version, feeds, symbols, sourceHash } of ready.signals) {
      known.set(id, { title, version, feeds, symbols, sourceHash, problem: null });
    }
    for (const { id, message } of ready.failed) known.set(id, { ...UNKNOWN, problem: message });
    return known;
  } finally {
    await supervisor.stop();
  }
}
