import { suggestion } from "@ssmd/runtime";
import type { YamlSource } from "./document.ts";
import type { Environment } from "./environment.ts";
import type { Finding } from "./finding.ts";
import { fieldOf, listOf } from "./untyped.ts";

/** Checks the consistency of a role file, and with its environment. */
export function rbacReferences(
  yaml: YamlSource,
  name: string,
  environments: { names: readonly string[]; valid: ReadonlyMap<string, Environment> },
): Finding[] {
  const findings: Finding[] = [];
  const report = (path: PropertyKey[], message: string) =>
    findings.push(yaml.finding(path, message));
  const named = fieldOf(yaml.value, "environment");
  if (typeof named === "string" && named !== name) {
    report(["environment"], `"${named}" must be the file's name, "${name}"`);
  } else if (!environments.names.includes(name)) {
    const meant = suggestion(name, environments.names);
    report(["environment"], `there is no environment "${name}". ${meant}`);
  }
  const gateway = environments.valid.get(name)?.gateway;
  if (gateway?.auth === "open") {
    report(["environment"], `${name} has gateway.auth: open, so that nobody is asked who they are`);
  } else if (gateway !== undefined) {
    const unasked = (field: string, kind: string) => {
      if (listOf(fieldOf(yaml.value, field)).length === 0) return;
      report([field], `${name} has no gateway.${kind}, so that none is ever shown`);
    };
    if (gateway.oidc === undefined) unasked("tokens", "oidc");
    const asks = gateway.client_certificates ?? gateway.tls?.client_ca;
    if (asks === undefined) unasked("certificates", "client_certificates");
  }
  const repeated = (field: string, keyOf: (item: unknown) => unknown[]) => {
    const seen = new Set<string>();
    listOf(fieldOf(yaml.value, field)).forEach((item, index) => {
      const key = JSON.stringify(keyOf(item));
      if (seen.has(key)) report([field, index], "stands here a second time");
      seen.add(key);
    });
  };
  repeated("tokens", (item) => [fieldOf(item, "claim"), fieldOf(item, "value")]);
  repeated("certificates", (item) => [fieldOf(item, "subject")]);
  return findings;
}
