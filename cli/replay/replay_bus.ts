import { ConfigError, createLogger } from "@ssmd/runtime";
import { loadSharedDeployment } from "@ssmd/metadata";
import { openTransport, type Transport } from "@ssmd/transport";
import type { Globals } from "../context.ts";
import { UsageError } from "../exit.ts";
import { Registry } from "../registry/registry.ts";
import { writeError } from "../output.ts";
import type { ReplayFlags } from "./options.ts";

/** A bus that replayed records go to, and the name of the environment they go under. */
interface ReplayBus {
  transport: Transport;
  env: string;
}

/**
 * Opens the bus of `--bus` or `--env`. Records go under `{env}-replay` of the archive's, or the name of `--as`: a stream of its
 * own, which no consumer of the live environment reads. Throws UsageError `REPLAY_ENV` where no
 * environment is named, `REPLAY_INTO_LIVE` where the name is that of an environment of the registry
 * and `--into-live` is not given, and ConfigError.
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
