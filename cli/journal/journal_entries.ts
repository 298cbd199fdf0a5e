import { type Journal, type JournalEntry, openJournal } from "@ssmd/journal";
import { journalConfig } from "@ssmd/metadata";
import { isoOfUs, SsmdError } from "@ssmd/runtime";
import { z } from "zod";
import { ENVIRONMENT } from "../command/common_flags.ts";
import { text, whole } from "../command/flag.ts";
import type { SsmdContext } from "../context.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { Registry } from "../registry/registry.ts";

/** Flags of commands that read a journal. */
export const JOURNAL_FLAGS = {
  env: ENVIRONMENT,
  from: whole("Position to start at", { placeholder: "position" }),
};

/** Journal topic argument. */
export const TOPIC = text("Topic: audit.keys, audit.day, kalshi.day.events", {
  placeholder: "topic",
  required: true,
});

/** Journal record as printed. */
export const ENTRY = z.object({
  position: z.int().describe("1, 2, 3, … over all topics"),
  topic: z.string(),
  at: z.string().describe("ISO 8601"),
  record: z.record(z.string(), z.unknown()),
});

/** Builds the view of a journal record. */
export function entryView({ position, topic, atUs, record }: JournalEntry): z.output<typeof ENTRY> {
  return { position, topic, at: isoOfUs(atUs), record };
}

/** Opens the journal of an environment. Throws SsmdError `JOURNAL_NOT_KEPT` when it is in memory. */
export async function openEnvironmentJournal(context: SsmdContext, env: string): Promise<Journal> {
  const registry = await Registry.open(context.globals);
  const journal = journalConfig(environmentOf(registry, env));
  if (journal.type !== "memory") return await openJournal(journal);
  throw new SsmdError("JOURNAL_NOT_KEPT", `Environment ${env} keeps its journal in memory`, {
    hint: "journal: { type: file, path: ./data/journal } in its file keeps it",
  });
}
