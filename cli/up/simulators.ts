import type { Credentials, CredentialsSource } from "@ssmd/exchanges";
import type { Environment } from "@ssmd/metadata";
import { ConfigError, type Logger } from "@ssmd/runtime";
import {
  demoKey,
  SIMULATED_VENUES,
  type SimulatedVenueId,
  type Simulator,
  startSimulator,
} from "@ssmd/simulator";
import type { FeedPlan } from "./feed_plan.ts";

/** Simulator of a feed with credentials for it. */
export interface RunningSimulator {
  simulator: Simulator;
  credentials: CredentialsSource;
}

/** Starts a simulator for each simulated feed. */
export async function startSimulators(
  plans: readonly FeedPlan[],
  environment: Environment,
  { speed, logger }: { speed: number | "max"; logger: Logger },
): Promise<Map<string, RunningSimulator>> {
  const running = new Map<string, RunningSimulator>();
  for (const plan of plans) {
    if (plan.isSimulated) {
      running.set(plan.feed, await startOne(plan, environment, { speed, logger }));
    }
  }
  return running;
}

async function startOne(
  plan: FeedPlan,
  environment: Environment,
  { speed, logger }: { speed: number | "max"; logger: Logger },
): Promise<RunningSimulator> {
  const venue = simulatedVenue(plan);
  const { seed = 1, rate = 50, ports } = environment.simulator ?? {};
  // Only our connector signs with it, and a start does not wait for an RSA key.
  const key = plan.venue.credentials.length > 0 ? await demoKey("Ed25519") : undefined;
  const source = {
    type: "model" as const,
    seed,
    ratePerSecond: rate,
    speed,
    symbols: plan.symbols.map(({ external }) => ({ external })),
    rolls: Object.entries(environment.simulator?.rolls ?? {}).map(([series, everyMs]) => ({
      ...{ series, everyUs: everyMs * 1000 },
    })),
  };
  const simulator = await startSimulator({
    venue,
    source,
    logger: logger.with({ simulator: venue }),
    port: ports?.[plan.feed] ?? 0,
    ...(key ? { publicKeyPem: key.publicKeyPem } : {}),
  });
  const credentials: Credentials = key ? { key_id: key.keyId, private_key: key.privateKeyPem } : {};
  return { simulator, credentials: () => Promise.resolve(credentials) };
}

function simulatedVenue({ feed, venue }: FeedPlan): SimulatedVenueId {
  const simulated = SIMULATED_VENUES.find((id) => id === venue.id);
  if (simulated !== undefined) return simulated;
  throw new ConfigError("VENUE_NOT_SIMULATED", `Feed ${feed}: ${venue.id} has no simulator`, {
    hint: `Simulated are: ${SIMULATED_VENUES.join(", ")}; take "simulator" out of the environment`,
  });
}
