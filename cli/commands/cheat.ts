import { z } from "zod";
import { loadCatalogue } from "../catalogue/load.ts";
import { defineCommand } from "../command/define.ts";
import { terminalColumns } from "../terminal.ts";

/** Commands by task, most used first. */
export const TASKS: Readonly<Record<string, readonly string[]>> = {
  start: ["up", "status", "tui", "tail"],
  look: ["query", "data gaps", "data inventory", "data quality", "archive verify"],
  take: ["data export", "data replay", "archive cat"],
  own: ["init", "feed create", "env create", "symbol map", "validate", "diff", "commit"],
  keys: ["key set", "key verify", "key check"],
  clients: ["client create", "client entitle", "client api-key create", "client list"],
  signals: ["signal new", "signal test", "backtest", "signal list"],
  days: ["day status", "job list", "reprocess run", "data retention"],
  wrong: ["clock check", "dlq list", "qa run", "env status"],
};

/** Maximum length of an example; longer ones are cut after a word. */
const LINE_MAX = 44;

export default defineCommand({
  name: "cheat",
  brief: "Print the most used commands by task, on one screen",
  examples: ["ssmd cheat", "ssmd cheat --output json"],
  output: z.array(z.object({
    task: z.string(),
    command: z.string(),
    example: z.string(),
    brief: z.string(),
  })),
  table: (rows) => ({
    text: rows.map(({ task, example, brief }, at) => {
      const first = rows[at - 1]?.task === task ? "" : task.toUpperCase();
      const columns = terminalColumns() ?? Infinity;
      const line = `${first.padEnd(9)}${shortened(example).padEnd(LINE_MAX)} ${brief}`;
      return `${line.length > columns ? `${line.slice(0, columns - 1)}…` : line}\n`;
    }).join(""),
  }),
  async run() {
    const { commands } = await loadCatalogue();
    return Object.entries(TASKS).flatMap(([task, names]) =>
      commands.filter(({ name }) => names.includes(name))
        .sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name))
        .map(({ name, examples, brief }) => ({
          ...{ task, command: name, brief },
          example: examples.reduce((a, b) => a.length > LINE_MAX && b.length < a.length ? b : a),
        }))
    );
  },
});

function shortened(example: string): string {
  if (example.length <= LINE_MAX) return example;
  const start = example.slice(0, LINE_MAX - 1);
  return `${start.slice(0, start.lastIndexOf(" "))} …`;
}
