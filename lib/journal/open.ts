import { ConfigError, suggestion } from "@ssmd/runtime";
import type { FileJournalOptions } from "./file.ts";
import type { Journal } from "./journal.ts";

/** Where operations are recorded. */
export type JournalConfig =
  | { type: "memory" }
  | {
    type: "file";
    /** The folder, absolute or relative to the working directory. */
    path: string;
  };

const DRIVERS = ["memory", "file"] as const;

/**
 * Opens the journal that a configuration names. Throws a ConfigError `JOURNAL_TYPE_UNSUPPORTED` for
 * `nats`, which is not built in this version, `JOURNAL_TYPE_UNKNOWN` for any other type, and what
 * the driver throws.
 */
export async function openJournal(
  config: JournalConfig | { type: "nats" },
  options: FileJournalOptions = {},
): Promise<Journal> {
  switch (config.type) {
    case "memory":
      return (await import("./memory.ts")).memoryJournal();
    case "file":
      return await (await import("./file.ts")).fileJournal(config.path, options);
    default:
      throw refusal((config as { type: unknown }).type);
  }
}

function refusal(type: unknown): ConfigError {
  if (type === "nats") {
    return new ConfigError(
      "JOURNAL_TYPE_UNSUPPORTED",
      'The journal type "nats" is not built in this version',
      { context: { type }, hint: `Use one of: ${DRIVERS.join(", ")}` },
    );
  }
  return new ConfigError("JOURNAL_TYPE_UNKNOWN", `There is no journal type "${type}"`, {
    context: { type },
    hint: suggestion(String(type), DRIVERS),
  });
}
