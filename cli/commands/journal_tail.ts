import { sleep, untilSignal } from "@ssmd/runtime";
import { RUN_FOR, STREAM_OUTPUT } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import {
  ENTRY,
  entryView,
  JOURNAL_FLAGS,
  openEnvironmentJournal,
  TOPIC,
} from "../journal/journal_entries.ts";

/** Poll interval of the journal, which other processes append to, ms. */
const LOOK_MS = 500;

export default defineCommand({
  name: "journal tail",
  brief: "Follow the journal of an environment on a topic",
  description: "Starts with the existing entries, or at --from. Runs until Ctrl-C or --for.",
  shippedRegistry: true,
  examples: ["ssmd journal tail audit.keys --env kalshi --for 1s"],
  flags: { ...JOURNAL_FLAGS, for: RUN_FOR, output: STREAM_OUTPUT },
  args: [TOPIC],
  prints: ENTRY,
  async run({ flags, args: [topic], context }) {
    const { stdout } = context.process;
    const ended = new AbortController();
    const timer = flags.for === undefined ? undefined : setTimeout(() => ended.abort(), flags.for);
    untilSignal(ended.signal).then(() => ended.abort());
    const journal = await openEnvironmentJournal(context, flags.env);
    let next = flags.from ?? 1;
    try {
      while (!ended.signal.aborted) {
        for await (const entry of journal.read(topic, next)) {
          const { position, at, record } = entryView(entry);
          next = position + 1;
          const line = { position, topic, at, record };
          const text = `${position} ${at} ${JSON.stringify(record)}`;
          stdout.write(`${flags.output === "json" ? JSON.stringify(line) : text}\n`);
        }
        await sleep(LOOK_MS, ended.signal);
      }
    } finally {
      clearTimeout(timer);
      ended.abort();
      await journal.close();
    }
  },
});
