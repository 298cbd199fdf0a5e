import type { Credentials } from "@ssmd/exchanges";
import type { Environment } from "@ssmd/metadata";
import type { Logger } from "@ssmd/runtime";
import { demoKey, type Simulator, startSimulator } from "@ssmd/simulator";
import type { FeedPlan } from "./plan.ts";

/** A feed's simulator and how to sign in to it. */
export interface RunningSimulator {
  simulator: Simulator;
  credentials: Credentials;
}

/** Starts a simulator for each feed that is planned on one. */
export async function startSimulators(
  plans: readonly FeedPlan[],
  environment: Environment,
  speed: number | "max",
  logger: Logger,
): Promise<Map<string, RunningSimulator>> {
  const running = new Map<string, RunningSimulator>();
  for (const plan of plans) {
    if (plan.simulated) {
      running.set(plan.feed, await startOne(plan, environment, speed, logger));
    }
  }
  return running;
}

async function startOne(
  plan: FeedPlan,
  environment: Environment,
  speed: number | "max",
  logger: Logger,
): Promise<RunningSimulator> {
  const venue = plan.feed as "kraken" | "kalshi";
  const { seed = 1, rate = 50, ports } = environment.simulator ?? {};
  const key = venue === "kalshi" ? await demoKey() : undefined;
  const source = plan.simulated?.type === "capture"
    ? { type: "capture" as const, files: plan.simulated.files, speed }
    : {
      type: "model" as const,
      seed,
      ratePerSecond: rate,
      speed,
      symbols: plan.symbols.map(({ external }) => ({ external })),
    };
  const simulator = await startSimulator({
    venue,
    source,
    logger: logger.with({ simulator: venue }),
    port: plan.simulated?.type === "model" ? ports?.[venue] ?? 0 : 0,
    ...(key ? { publicKeyPem: key.publicKeyPem } : {}),
  });
  const credentials: Credentials = key ? { key_id: key.keyId, private_key: key.privateKeyPem } : {};
  return { simulator, credentials };
}
