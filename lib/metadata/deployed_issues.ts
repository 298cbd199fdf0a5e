import type { IssuesSpec } from "./environment_gateway.ts";
import type { ResolvedKeys } from "./keys.ts";

/** Issue tracker for client reports, with resolved credentials. */
export type DeployedIssues = IssuesSpec & { credentials: Record<string, string> };

/** Returns an environment's issue tracker; undefined = none, or without `keys`. */
export function deployedIssues(
  spec: IssuesSpec | undefined,
  keys: ResolvedKeys | undefined,
): DeployedIssues | undefined {
  if (spec === undefined || keys === undefined) return undefined;
  return { ...spec, credentials: keys.values(spec.credentials ?? {}) };
}
