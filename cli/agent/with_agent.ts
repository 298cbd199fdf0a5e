import type { DefinitionAgent } from "@ssmd/agents";
import { appendAudit, whoIsThis } from "@ssmd/journal";
import { findRegistry, loadDeployment } from "@ssmd/metadata";
import { SsmdError } from "@ssmd/runtime";
import { openArchive } from "../archive/open_archive.ts";
import { ENVIRONMENT } from "../command/common_flags.ts";
import { dir, text } from "../command/flag.ts";
import type { SsmdContext } from "../context.ts";

/** Flags of commands that work with agents. */
export const AGENT_FLAGS = {
  env: ENVIRONMENT,
  data: dir("Folder of the data, as up --data has it; default: the environment's"),
};

/** A thread's id. */
export const THREAD_ID = text("The thread, as ssmd agent list tells it, or latest", {
  placeholder: "thread",
  required: true,
});

/** The thread that is meant. */
export function threadId(agent: DefinitionAgent, given: string): string {
  return given === "latest" ? agent.list()[0]?.id ?? given : given;
}

/** Who runs the command, as approvals name them. */
export function principal(): string {
  return whoIsThis().user;
}

/** Opens the definition agent of an environment, and closes it after `body`. Throws as they do. */
export async function withAgent<T>(
  { globals }: SsmdContext,
  { env, data }: { env: string; data?: string },
  body: (agent: DefinitionAgent) => Promise<T> | T,
): Promise<T> {
  const registryDir = globals.dir ?? await findRegistry(Deno.cwd());
  const deployment = await loadDeployment({
    ...{ env, registryDir, usesModel: true, signsInto: () => [] },
    ...(data === undefined ? {} : { dataDir: data }),
    onKeyAccess: async ({ journal }, access) => {
      await appendAudit(journal, "keys", { component: "agents", ...access });
    },
  });
  const { openDefinitionAgent } = await import("@ssmd/agents");
  const storage = await archiveOf({ registryDir, env, ...(data === undefined ? {} : { data }) });
  const project = registryDir.replace(/\/[^/]*\/?$/, "") || "/";
  try {
    using opened = await openDefinitionAgent({ deployment, project, storage });
    return await body(opened.agent);
  } finally {
    await storage?.close();
  }
}

/** The archive, where there is one. */
async function archiveOf(location: Parameters<typeof openArchive>[0]) {
  try {
    return await openArchive(location);
  } catch (error) {
    const isAbsent = error instanceof SsmdError &&
      ["ARCHIVE_NOT_FOUND", "STORAGE_NOT_SHARED"].includes(error.code);
    if (isAbsent) return undefined;
    throw error;
  }
}
