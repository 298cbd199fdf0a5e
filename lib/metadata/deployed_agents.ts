import type { AgentsSpec } from "./environment_agents.ts";
import type { ResolvedKeys } from "./keys.ts";

/** Agents of an environment, with credentials in place of their references. */
export type DeployedAgents = Omit<AgentsSpec, "webhooks"> & {
  /** Empty where the model wants none. */
  token: string;
  /** Where may be sent to, by name. */
  webhooks: Readonly<Record<string, DeployedWebhook>>;
};

/** An address that policies may name. */
export interface DeployedWebhook {
  url: string;
  /** Signs what is sent; absent = it is not signed. */
  secret?: string;
}

/** The agents of an environment; undefined = it names no model and no policy, or without `keys`. */
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

/** References of all credentials of agents. */
export function agentKeyReferences(spec: AgentsSpec): string[] {
  const webhooks = Object.values(spec.webhooks ?? {});
  return [modelReferences(spec), ...webhooks.map(({ credentials = {} }) => credentials)]
    .flatMap((references) => Object.values(references));
}

function modelReferences({ model }: AgentsSpec): Record<string, string> {
  return model !== undefined && "credentials" in model ? model.credentials ?? {} : {};
}
