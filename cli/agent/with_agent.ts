import type { DefinitionAgent, OpenedAgents } from "@ssmd/agents";
import { whoIsThis } from "@ssmd/journal";
import { loadDeployment } from "@ssmd/metadata";
import { SsmdError } from "@ssmd/runtime";
import { keyAudit } from "@ssmd/service";
import { openArchive } from "../archive/open_archive.ts";
import { ENVIRONMENT } from "../command/common_flags.ts";
import { dir, text } from "../command/flag.ts";
import type { SsmdContext } from "../context.ts";
import { registryDirOf } from "../registry_dir.ts";

/** Flags of agent commands. */
export const AGENT_FLAGS = {
  env: ENVIRONMENT,
  data: dir("Data folder, as in up --data; default: the environment's"),
};

/** Thread id argument. */
export const THREAD_ID = text("Thread id, as in ssmd agent list, or latest", {
  placeholder: "thread",
  required: true,
});

/** Resolves `latest` to the newest thread id. */
export function threadId(agent: DefinitionAgent, given: string): string {
  return given === "latest" ? agent.list()[0]?.id ?? given : given;
}

/** User who runs the command, as approvals name it. */
export function principal(): string {
  return whoIsThis().user;
}

/** Opens the agents of an environment and closes them after `body`. Throws their errors. */
export async function withAgents<T>(
  { globals }: SsmdContext,
  { env, data }: { env: string; data?: string },
  body: (agents: OpenedAgents) => Promise<T> | T,
): Promise<T> {
  const registryDir = await registryDirOf(globals);
  const deployment = await loadDeployment({
    ...{ env, registryDir, usesModel: true, signsInto: () => [] },
    ...(data === undefined ? {} : { dataDir: data }),
    onKeyAccess: keyAudit("agents"),
  });
  const { openAgents } = await import("@ssmd/agents");
  await using stack = new AsyncDisposableStack();
  const storage = await archiveOf({ registryDir, env, ...(data === undefined ? {} : { data }) });
  if (storage !== undefined) stack.defer(() => storage.close());
  return await body(stack.use(await openAgents({ deployment, registryDir, storage })));
}

/** Like {@linkcode withAgents}, with the agent that defines signals. Throws when none is configured. */
export function withAgent<T>(
  context: SsmdContext,
  flags: { env: string; data?: string },
  body: (agent: DefinitionAgent) => Promise<T> | T,
): Promise<T> {
  return withAgents(context, flags, async ({ definition }) => {
    const { agentsNotConfigured } = await import("@ssmd/agents");
    if (definition === undefined) throw agentsNotConfigured(flags.env);
    return await body(definition);
  });
}

/** Opens the archive; undefined when absent. */
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
