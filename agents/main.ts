import { findRegistry } from "@ssmd/metadata";
import { runService, SsmdError, untilSignal } from "@ssmd/runtime";
import { openBusAndStorage, openService, serveService, serviceFlags } from "@ssmd/service";
import { AgentService } from "./agent_service.ts";
import { agentsNotConfigured } from "./open_agents.ts";

const FLAGS = serviceFlags(9105);

await runService("agents", FLAGS, async (flags, stack) => {
  const opened = await openService({ ...flags, component: "agents", usesModel: true });
  const { deployment, logger, metrics, health } = opened;
  const { name: env } = deployment.environment;
  if (deployment.agents === undefined) throw agentsNotConfigured(env);
  const registryDir = await findRegistry(Deno.cwd());
  const { transport, storage } = await openBusAndStorage(opened, "normalized", stack);
  const scrape = serveService(flags, opened);
  stack.defer(() => scrape.close());
  const service = await AgentService.start({
    ...{ deployment, transport, storage, registryDir, logger, metrics, health },
  });
  stack.use(service);
  if (service === undefined) throw agentsNotConfigured(env);
  const signal = untilSignal();
  const isActive = await Promise.race([service.active.then(() => true), signal]);
  if (isActive === true) {
    await service.load();
    logger.info("agents", { env, metrics_port: scrape.port });
  }
  return async () => {
    const end = await Promise.race([signal, service.superseded]);
    if (end instanceof SsmdError) throw end;
    logger.info("stopping", { signal: end });
  };
});
