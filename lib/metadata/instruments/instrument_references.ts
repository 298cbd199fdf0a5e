import { suggestion } from "@ssmd/runtime";
import type { YamlSource } from "../document.ts";
import type { Finding } from "../finding.ts";
import { fieldOf, listOf } from "../untyped.ts";
import { usOfInstant } from "./instant.ts";

/** Checks the consistency of an instrument file, and its feed references. */
export function instrumentReferences(
  yaml: YamlSource,
  name: string,
  feeds: readonly string[],
): Finding[] {
  const findings: Finding[] = [];
  const say = (path: PropertyKey[], message: string) => findings.push(yaml.finding(path, message));
  const id = fieldOf(yaml.value, "id");
  if (typeof id === "string" && id !== name) {
    say(["id"], `"${id}" must be the file's name, "${name}"`);
  }
  const seen = new Set<string>();
  listOf(fieldOf(yaml.value, "versions")).forEach((version, index) => {
    const time = `${fieldOf(version, "effective")} ${fieldOf(version, "known")}`;
    if (seen.has(time)) say(["versions", index], "another version has both of its times");
    seen.add(time);
  });
  listOf(fieldOf(yaml.value, "mappings")).forEach((mapping, index) => {
    const feed = fieldOf(mapping, "feed");
    if (typeof feed === "string" && !feeds.includes(feed)) {
      const hint = suggestion(feed, feeds);
      say(["mappings", index, "feed"], `no feed "${feed}" in the registry. ${hint}`);
    }
    const [from, to] = ["from", "to"].map((field) => usOfInstant(String(fieldOf(mapping, field))));
    if (from !== undefined && to !== undefined && to < from) {
      say(["mappings", index, "to"], "lies before from");
    }
  });
  return findings;
}
