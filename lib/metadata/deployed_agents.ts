import type { AgentsSpec } from "./environment_agents.ts";
import type { ResolvedKeys } from "./keys.ts";

/** Agents of an environment, with resolved credentials. */
export type DeployedAgents = Omit<AgentsSpec, "webhooks"> & {
  /** "" when the model needs none. */
  token: string;
  /** Allowed webhook targets, by name. */
  webhooks: Readonly<Record<string, DeployedWebhook>>;
};

/** A webhook that policies may name. */
export interface DeployedWebhook {
  url: string;
  /** Signing secret; absent = unsigned. */
  secret?: string;
}

/** Returns an environment's agents; undefined without `keys`, or without model and policies. */
export function deployedAgents(
  spec: AgentsSpec | undefined,
  keys: ResolvedKeys | undefined,
): DeployedAgents | undefined {
  if (spec === undefined || keys === undefined) return undefined;
  if (spec.model === undefined && spec.policies === undefined) return undefined;
  const { webhooks = {}, ...rest } = spec;
  const deployed = Object.entries(webhooks).map(([name, { url, credentials = {} }]) => {
    const { secret } = keys.values(credentials);
    return [name, secret === undefined ? { url } : { url, secret }] as const;
  });
  const token = keys.values(modelReferences(spec))["token"] ?? "";
  return { ...rest, token, webhooks: Object.fromEntries(deployed) };
}

/** Returns the key references of all agent credentials. */
export function agentKeyReferences(spec: AgentsSpec): string[] {
  const webhooks = Object.values(spec.webhooks ?? {});
  return [modelReferences(spec), ...webhooks.map(({ credentials = {} }) => credentials)]
    .flatMap((references) => Object.values(references));
}

function modelReferences({ model }: AgentsSpec): Record<string, string> {
  return model !== undefined && "credentials" in model ? model.credentials ?? {} : {};
}
