import type { YamlSource } from "./document.ts";
import type { Environment } from "./environment.ts";
import type { Finding } from "./finding.ts";

/** What an environment may say and rarely means. */
export function environmentWarnings(yaml: YamlSource, environment: Environment): Finding[] {
  return [...streamWarnings(yaml, environment), ...crossFeedWarnings(yaml, environment)];
}

function crossFeedWarnings(yaml: YamlSource, { enrich = [] }: Environment): Finding[] {
  return enrich.flatMap(({ type, enabled = true }, i) => {
    const message =
      "cross_feed gives values over the archive only (export, query): live rows have null in their " +
      "place, as two feeds have no common order until both are archived";
    return type === "cross_feed" && enabled ? [yaml.finding(["enrich", i, "type"], message)] : [];
  });
}

function streamWarnings(yaml: YamlSource, { transport }: Environment): Finding[] {
  if (transport.type !== "nats" || transport.max_bytes !== undefined) return [];
  const message =
    "no max_bytes: the stream grows until the server's store is full, which refuses " +
    "every message from then on; give it a size, such as max_bytes: 4GiB";
  return [yaml.finding(["transport"], message)];
}
