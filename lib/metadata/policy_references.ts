import { suggestion } from "@ssmd/runtime";
import type { YamlSource } from "./document.ts";
import type { Finding } from "./finding.ts";
import type { Policy } from "./policy.ts";
import { entriesOf, fieldOf, listOf } from "./untyped.ts";

/** Reserved action name: do nothing. */
export const NO_ACTION = "none";

/** Checks the consistency of a policy file. */
export function policyReferences(yaml: YamlSource, name: string): Finding[] {
  const findings: Finding[] = [];
  const { value } = yaml;
  const named = fieldOf(value, "name");
  if (typeof named === "string" && named !== name) {
    findings.push(yaml.finding(["name"], `"${named}" must be the file's name, "${name}"`));
  }
  const actions = entriesOf(fieldOf(value, "actions")).map(([each]) => String(each));
  if (actions.includes(NO_ACTION)) {
    const message = `"${NO_ACTION}" means that nothing is done, and is no action`;
    findings.push(yaml.finding(["actions", NO_ACTION], message));
  }
  const chosen = fieldOf(value, "default");
  const known = [...new Set([...actions, NO_ACTION])];
  if (typeof chosen === "string" && !known.includes(chosen)) {
    const message = `there is no action "${chosen}". ${suggestion(chosen, known)}`;
    findings.push(yaml.finding(["default"], message));
  }
  return findings;
}

/** Checks the policies an environment names (`names` = all existing) and the webhooks they need. */
export function agentReferences(
  yaml: YamlSource,
  names: readonly string[] | undefined,
  policies: ReadonlyMap<string, Policy>,
): Finding[] {
  const agents = fieldOf(yaml.value, "agents");
  const webhooks = entriesOf(fieldOf(agents, "webhooks")).map(([each]) => String(each));
  return listOf(fieldOf(agents, "policies")).flatMap((name, index) => {
    const path = ["agents", "policies", index];
    if (typeof name !== "string") return [];
    if (names !== undefined && !names.includes(name)) {
      return [yaml.finding(path, `there is no policy "${name}". ${suggestion(name, names)}`)];
    }
    return Object.entries(policies.get(name)?.actions ?? {}).flatMap(
      ([action, { type, ...rest }]) => {
        const to = "to" in rest ? rest.to : undefined;
        if (type !== "webhook" || to === undefined || webhooks.includes(to)) return [];
        const message = `its action ${action} needs the webhook "${to}". ${
          suggestion(to, webhooks)
        }`;
        return [yaml.finding(path, message)];
      },
    );
  });
}
