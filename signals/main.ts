import { findRegistry, loadEnvironment } from "@ssmd/metadata";
import { ConfigError, Metrics, runService, SsmdError, untilSignal } from "@ssmd/runtime";
import { openBusAndStorage, openService, serveService, serviceFlags } from "@ssmd/service";
import { TransformService } from "@ssmd/transforms";
import { readSignals, signalFolders, SignalService } from "./mod.ts";

const FLAGS = {
  ...serviceFlags(9103),
  hosts: { help: "how many hosts share the markets among them, 1 to 64", default: "1" },
} as const;

const HOSTS_MAX = 64;

function hostsOf(text: string): number {
  const hosts = Number(text);
  if (Number.isInteger(hosts) && hosts >= 1 && hosts <= HOSTS_MAX) return hosts;
  throw new ConfigError("WRONG_USAGE", `--hosts ${text} is no number of hosts`, {
    hint: `Hosts are 1 to ${HOSTS_MAX}: about one a processor`,
  });
}

await runService("signals", FLAGS, async (flags, stack) => {
  const hosts = hostsOf(flags.hosts);
  const opened = await openService({ ...flags, component: "signals" });
  const { deployment, logger, metrics, health } = opened;
  const { name: env, feeds } = deployment.environment;
  const registryDir = await findRegistry(Deno.cwd());
  const { transport, storage } = await openBusAndStorage(opened, "normalized", stack);
  const service = new SignalService({
    ...{ env, feeds, transport, storage, logger, metrics, health, hosts },
    readSignals: async () =>
      await readSignals(await loadEnvironment(registryDir, env), signalFolders(registryDir).all),
  });
  // Runs here because only this program starts sandboxed processes.
  const transforms = new TransformService({
    ...{ env, registryDir, transport, logger },
    metrics: new Metrics("transforms", metrics.registry),
  });
  stack.defer(() => transforms.close());
  await transforms.start();
  const scrape = serveService(flags, opened);
  stack.defer(() => scrape.close());
  stack.defer(() => service.close());
  await service.start();
  logger.info("signals", { env, metrics_port: scrape.port });
  return async () => {
    const end = await Promise.race([untilSignal(), service.failed]);
    if (end instanceof SsmdError) throw end;
    logger.info("stopping", { signal: end });
    await service.close();
    logger.info("stopped", { ...service.stats() });
  };
});
