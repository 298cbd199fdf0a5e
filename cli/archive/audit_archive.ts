import { appendAudit, type JournalConfig, type JsonRecord } from "@ssmd/journal";
import { journalConfig, loadEnvironment } from "@ssmd/metadata";
import { notice, type SsmdContext } from "../context.ts";
import { registryDirOf } from "../registry_dir.ts";

/** Archive location given by the flags. */
export interface AuditedArchive {
  /** Environment; its journal is used when `data` is absent. */
  env: string;
  /** Data folder that contains the journal. */
  data?: string | undefined;
}

/**
 * Records a removal or change of an archive, with the user, in a journal before it happens. Prints
 * a notice when the journal is in memory. Throws ConfigError and JournalError; the caller must then
 * not proceed.
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
  return journalConfig(await loadEnvironment(await registryDirOf(globals), env));
}
