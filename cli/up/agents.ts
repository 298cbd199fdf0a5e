import { agentsSubject } from "@ssmd/market";
import type { Logger } from "@ssmd/runtime";
import type { Deployment } from "@ssmd/metadata";
import { whoIsThis } from "@ssmd/journal";
import { signalFolders } from "@ssmd/signals";
import type { Storage } from "@ssmd/storage";
import type { Transport } from "@ssmd/transport";

/** What the agents of `up` work with. */
interface UpAgents {
  deployment: Deployment;
  transport: Transport;
  storage: Storage;
  registryDir: string;
  logger: Logger;
}

/**
 * Answers requests for agents where the environment names a model. Their library is loaded with the first
 * request: a capture starts without it. Gives what ends it.
 */
export async function startAgents(
  { deployment, transport, storage, registryDir, logger }: UpAgents,
): Promise<() => Promise<void>> {
  if (deployment.agents === undefined) return () => Promise.resolve();
  const project = registryDir.replace(/\/[^/]*\/?$/, "") || "/";
  const opened = new AsyncDisposableStack();
  const subject = agentsSubject(deployment.environment.name);
  let responder: Promise<(payload: Uint8Array) => Promise<Uint8Array>> | undefined;
  const load = async () => {
    const { agentResponder, openDefinitionAgent } = await import("@ssmd/agents");
    const agent = await openDefinitionAgent({ deployment, project, storage });
    opened.use(agent);
    return agentResponder({
      ...{ agent: agent.agent, principal: whoIsThis().user },
      signalFolders: signalFolders(registryDir).all,
      onFailed: (error) => logger.error("an agent's thread failed", { error }),
    });
  };
  const subscription = await transport.respond(subject, async (payload) => {
    return await (await (responder ??= load()))(payload);
  });
  return async () => {
    subscription.unsubscribe();
    await opened.disposeAsync();
  };
}
