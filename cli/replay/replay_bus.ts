import { ConfigError, createLogger } from "@ssmd/runtime";
import { loadSharedDeployment } from "@ssmd/metadata";
import { openTransport, type Transport } from "@ssmd/transport";
import type { Globals } from "../context.ts";
import { UsageError } from "../exit.ts";
import { Registry } from "../registry/registry.ts";
import { writeError } from "../output.ts";
import type { ReplayFlags } from "./options.ts";

/** Bus that receives the replayed records, and their environment name on it. */
interface ReplayBus {
  transport: Transport;
  env: string;
}

/**
 * Opens the bus of `--bus` or `--env`. Records are published as `--as`, default `{env}-replay`, to
 * a separate stream that no consumer of the live environment reads. Throws ConfigError, UsageError
 * `REPLAY_ENV` without an environment, and `REPLAY_INTO_LIVE` when that name is a registered
 * environment and `--into-live` is not set.
 */
export async function openReplayBus(
  globals: Globals,
  archived: string,
  flags: ReplayFlags,
): Promise<ReplayBus> {
  const env = flags.bus ?? flags.env;
  if (env === undefined) {
    throw new UsageError("REPLAY_ENV", "--to transport needs an environment, whose bus it is", {
      hint: "Name it with --bus, or with --env where the archive is of the same environment",
    });
  }
  const name = flags.as ?? `${archived}-replay`;
  const registry = await Registry.open(globals);
  if (registry.names("environment").includes(name) && !flags.intoLive) {
    throw new UsageError(
      "REPLAY_INTO_LIVE",
      `"${name}" is an environment: replayed records would stand among its live ones`,
      {
        hint: `Leave out --as (then it is ${archived}-replay), or add --into-live if that is meant`,
      },
    );
  }
  assertName(name);
  const { transport } = await loadSharedDeployment({
    ...{ env, registryDir: registry.dir, signsInto: () => [] },
  });
  const logger = createLogger({ level: "warn", write: (line) => writeError(`${line}\n`) });
  return { transport: await openTransport(transport, { env: name, logger }), env: name };
}

function assertName(name: string): void {
  if (/^[a-z0-9][a-z0-9-]*$/.test(name)) return;
  throw new ConfigError("ENV_NAME", `"${name}" is no name of an environment`, {
    hint: "Use lower-case letters, digits and -",
  });
}
