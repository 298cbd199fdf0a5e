import { z } from "zod";
import { defineCommand } from "../command/define.ts";
import { whole } from "../command/flag.ts";
import {
  ENTRY,
  entryView,
  JOURNAL_FLAGS,
  openEnvironmentJournal,
  TOPIC,
} from "../journal/journal_entries.ts";

export default defineCommand({
  name: "journal read",
  brief: "Print the journal of an environment on a topic, oldest first",
  description: "Topics have the uses of keys (audit.keys), changes and removals (audit.archive, " +
    "audit.env), results of jobs (audit.day), and the steps of trading days " +
    "(<env>.day.events).",
  shippedRegistry: true,
  examples: [
    "ssmd journal read audit.keys --env kalshi",
    "ssmd journal read kalshi.day.events --env kalshi --limit 20 --output json",
  ],
  flags: {
    ...JOURNAL_FLAGS,
    limit: whole("Maximum number of records", { default: "100", placeholder: "count" }),
  },
  args: [TOPIC],
  output: z.array(ENTRY),
  table: (entries) => ({
    rows: entries.map(({ record, ...entry }) => ({ ...entry, record: JSON.stringify(record) })),
    counted: "record",
  }),
  async run({ flags: { env, from, limit }, args: [topic], context }) {
    const journal = await openEnvironmentJournal(context, env);
    try {
      const entries: z.output<typeof ENTRY>[] = [];
      if (limit === 0) return entries;
      for await (const entry of journal.read(topic, from)) {
        entries.push(entryView(entry));
        if (entries.length >= limit) break;
      }
      return entries;
    } finally {
      await journal.close();
    }
  },
});
