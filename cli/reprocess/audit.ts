import { appendAudit, type JournalConfig } from "@ssmd/journal";
import { loadEnvironment } from "@ssmd/metadata";
import { notice, type SsmdContext } from "../context.ts";
import { registryDirOf } from "../registry_dir.ts";

/** Where the archive is, as the flags say it. */
export interface AuditedArchive {
  /** A folder: its journal lies in it. */
  data?: string;
  /** The environment, whose journal is taken where no folder is named. */
  env: string;
}

/**
 * Notes in the journal who changes what of the archive's versions, before it is changed. A journal
 * in memory would keep nothing: that is said. Throws ConfigError, JournalError.
 */
export async function auditVersions(
  context: SsmdContext,
  archive: AuditedArchive,
  record: Record<string, string | number>,
): Promise<void> {
  const config = await journalOf(context, archive);
  if (await appendAudit(config, "reprocess", { env: archive.env, ...record })) return;
  notice(
    context,
    `note: the journal of ${archive.env} is in memory: nobody will know who did this`,
  );
}

async function journalOf(
  { globals }: SsmdContext,
  { data, env }: AuditedArchive,
): Promise<JournalConfig | { type: "nats" }> {
  if (data !== undefined) return { type: "file", path: `${data.replace(/\/+$/, "")}/journal` };
  return (await loadEnvironment(await registryDirOf(globals), env)).journal;
}
