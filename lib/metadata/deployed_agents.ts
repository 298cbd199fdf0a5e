import type { AgentsSpec } from "./environment_agents.ts";
import type { ResolvedKeys } from "./keys.ts";

/** Agents of an environment, with the model's token in place of its reference. */
export type DeployedAgents = AgentsSpec & {
  /** Empty where the model wants none. */
  token: string;
};

/** The agents of an environment; undefined = it has none, or without `keys`. */
export function deployedAgents(
  spec: AgentsSpec | undefined,
  keys: ResolvedKeys | undefined,
): DeployedAgents | undefined {
  if (spec === undefined || keys === undefined) return undefined;
  return { ...spec, token: keys.values(modelReferences(spec))["token"] ?? "" };
}

/** References of the model's credentials. */
export function modelReferences({ model }: AgentsSpec): Record<string, string> {
  return "credentials" in model ? model.credentials ?? {} : {};
}
