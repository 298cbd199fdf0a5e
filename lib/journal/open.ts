import { ConfigError, suggestion } from "@ssmd/runtime";
import type { FileJournalOptions } from "./file.ts";
import type { Journal } from "./journal.ts";
import type { NatsJournalOptions } from "./nats.ts";

/** Configuration of a journal. */
export type JournalConfig =
  | { type: "memory" }
  | {
    type: "file";
    /** Folder, absolute or relative to the working directory. */
    path: string;
  }
  | { type: "nats" } & NatsJournalOptions;

const DRIVERS = ["memory", "file", "nats"] as const;

/**
 * Opens the configured journal. Throws ConfigError `JOURNAL_TYPE_UNKNOWN` for any other type, and
 * what the driver throws.
 */
export async function openJournal(
  config: JournalConfig,
  options: FileJournalOptions = {},
): Promise<Journal> {
  switch (config.type) {
    case "memory":
      return (await import("./memory.ts")).memoryJournal();
    case "file":
      return await (await import("./file.ts")).fileJournal(config.path, options);
    case "nats":
      return await (await import("./nats.ts")).natsJournal(config);
    default:
      throw refusal((config as { type: unknown }).type);
  }
}

function refusal(type: unknown): ConfigError {
  return new ConfigError("JOURNAL_TYPE_UNKNOWN", `There is no journal type "${type}"`, {
    context: { type },
    hint: suggestion(String(type), DRIVERS),
  });
}
