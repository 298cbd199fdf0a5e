import { appendAudit, type JournalConfig, type JsonRecord } from "@ssmd/journal";
import { journalConfig, loadEnvironment } from "@ssmd/metadata";
import { notice, type SsmdContext } from "../context.ts";
import { registryToRun } from "../registry_dir.ts";

/** Where the archive is, as the flags say it. */
export interface AuditedArchive {
  /** The environment, whose journal is taken where no folder is named. */
  env: string;
  /** A folder: its journal lies in it. */
  data?: string | undefined;
}

/**
 * Records in a journal what is about to be removed from an archive or changed in it, and by whom; a
 * journal in memory keeps nothing, which is told. Throws ConfigError, and JournalError: what cannot be
 * recorded is not done.
 */
export async function auditArchive(
  context: SsmdContext,
  archive: AuditedArchive,
  record: JsonRecord,
): Promise<void> {
  const { env } = archive;
  const journal = await journalOf(context, archive);
  if (await appendAudit(journal, "archive", { env, ...record })) return;
  notice(context, `The journal of ${env} is in memory: nothing tells of this later.`);
}

async function journalOf(
  { globals }: SsmdContext,
  { data, env }: AuditedArchive,
): Promise<JournalConfig> {
  if (data !== undefined) return { type: "file", path: `${data.replace(/\/+$/, "")}/journal` };
  return journalConfig(await loadEnvironment(await registryToRun(globals), env));
}
