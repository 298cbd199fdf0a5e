import type { IssuesSpec } from "./environment_gateway.ts";
import type { ResolvedKeys } from "./keys.ts";

/** Where issues go that clients report, with credentials in place of references. */
export type DeployedIssues = IssuesSpec & { credentials: Record<string, string> };

/** Where the issues of an environment go; undefined = nowhere, or without `keys`. */
export function deployedIssues(
  spec: IssuesSpec | undefined,
  keys: ResolvedKeys | undefined,
): DeployedIssues | undefined {
  if (spec === undefined || keys === undefined) return undefined;
  return { ...spec, credentials: keys.values(spec.credentials ?? {}) };
}
