import { type Finding, registryPathOf, resolveKeys, YamlSource } from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";
import { variable } from "../terminal.ts";
import type { Registry } from "./registry.ts";
import { checkRegistry } from "./check_registry.ts";

/** Findings for required keys without values; the values are resolved but never shown. */
export async function keyFindings(registry: Registry): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [name, environment] of checkRegistry(registry).environments) {
    const path = registryPathOf({ kind: "environment", name });
    const text = registry.texts.get(path) ?? "";
    const yaml = new YamlSource({ path: `${registry.dir}/${path}`, text });
    for (const [key, spec] of Object.entries(environment.keys)) {
      const only = { ...environment, keys: { [key]: spec } };
      try {
        await resolveKeys(only, { env: variable, readFile: (file) => Deno.readTextFile(file) });
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        const missing = error.context["missing"];
        const what = Array.isArray(missing) ? `is not there: ${missing.join("; ")}` : error.message;
        findings.push(yaml.finding(["keys", key], what));
      }
    }
  }
  return findings;
}
