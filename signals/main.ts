import { findRegistry, loadEnvironment } from "@ssmd/metadata";
import { runService, SsmdError, untilSignal } from "@ssmd/runtime";
import { openService, serveService, serviceFlags } from "@ssmd/service";
import { openServiceStorage } from "@ssmd/storage";
import { openServiceTransport } from "@ssmd/transport";
import { readSignals, signalFolders, SignalService } from "./mod.ts";

const FLAGS = serviceFlags(9103);

await runService("signals", FLAGS, async (flags) => {
  const opened = await openService({ ...flags, component: "signals" });
  const { deployment, logger, metrics, health } = opened;
  const { name: env, feeds } = deployment.environment;
  const registryDir = await findRegistry(Deno.cwd());
  const transport = await openServiceTransport(deployment.transport, { env, logger, health });
  const storage = await openServiceStorage(deployment.storage, {
    ...{ logger, health, prefix: `normalized/${env}/` },
  });
  const service = new SignalService({
    ...{ env, feeds, transport, storage, logger, metrics, health },
    readSignals: async () =>
      await readSignals(await loadEnvironment(registryDir, env), signalFolders(registryDir).all),
  });
  const scrape = serveService(flags, opened);
  const signal = untilSignal();
  await service.start();
  logger.info("signals", { env, metrics_port: scrape.port });
  const end = await Promise.race([signal, service.failed]);
  if (end instanceof SsmdError) throw end;
  logger.info("stopping", { signal: end });
  await service.close();
  await storage.close();
  await transport.close();
  await scrape.close();
  logger.info("stopped", { ...service.stats() });
});
