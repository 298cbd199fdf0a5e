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

const SIGNAL = z.object({
  id: z.string(),
  title: z.string().nullable().describe("null = it does not load"),
  version: z.int().nullable(),
  feeds: z.array(z.string()),
  symbols: z.array(z.string()),
  of: z.enum(["project", "ssmd"]),
  path: z.string(),
  problem: z.string().nullable().describe("Why it does not load"),
});

export default defineCommand({
  name: "signal list",
  brief: "List the signals of the project and of ssmd",
  description: "A signal of the project hides one of ssmd of the same name.",
  examples: ["ssmd signal list", "ssmd signal list --output json"],
  flags: { output: OUTPUT },
  output: z.array(SIGNAL),
  table: (signals) => ({
    rows: signals.map(({ id, version, title, feeds, symbols, of, problem }) => ({
      ...{ id, version, title: title ?? `does not load: ${problem}` },
      ...{ feeds: feeds.join(" "), symbols: symbols.join(" "), of },
    })),
    counted: "signal",
  }),
  async run({ context }) {
    const { all } = await foldersOfSignals(context.globals);
    const files = await listSignals(all);
    const known = await loadAll(files);
    return files.map(({ id, path }) => ({
      ...{ id, path, of: path.startsWith(`${LIBRARY_DIR}/`) ? "ssmd" : "project" } as const,
      ...known.get(id) ?? { ...UNKNOWN, problem: "it does not end loading" },
    }));
  },
});

type Known = Omit<z.output<typeof SIGNAL>, "id" | "path" | "of">;

const UNKNOWN = { title: null, version: null, feeds: [], symbols: [] };

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
    for (const { id, title, version, feeds, symbols } of ready.signals) {
      known.set(id, { title, version, feeds, symbols, problem: null });
    }
    for (const { id, message } of ready.failed) known.set(id, { ...UNKNOWN, problem: message });
    return known;
  } finally {
    await supervisor.stop();
  }
}
