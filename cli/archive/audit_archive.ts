import { appendAudit, type JsonRecord } from "@ssmd/journal";
import { findRegistry, loadEnvironment } from "@ssmd/metadata";
import { notice, type SsmdContext } from "../context.ts";

/**
 * Records in the environment's journal what is about to be removed from an archive, or was changed;
 * a journal in memory keeps nothing, which is told. Throws what the journal throws: what cannot be
 * recorded is not done.
 */
export async function auditArchive(
  context: SsmdContext,
  env: string,
  record: JsonRecord,
): Promise<void> {
  const dir = context.globals.dir ?? await findRegistry(Deno.cwd());
  const { journal } = await loadEnvironment(dir, env);
  if (await appendAudit(journal, "archive", { env, ...record })) return;
  notice(context, `The journal of ${env} is in memory: nothing tells of this later.`);
}
