import type { YamlSource } from "./document.ts";
import type { Environment } from "./environment.ts";
import type { Finding } from "./finding.ts";

/** Returns warnings about allowed but unusual settings. */
export function environmentWarnings(yaml: YamlSource, { transport }: Environment): Finding[] {
  if (transport.type !== "nats" || transport.max_bytes !== undefined) return [];
  const message =
    "no max_bytes: the stream grows until the server's store is full, which refuses " +
    "every message from then on; give it a size, such as max_bytes: 4GiB";
  return [yaml.finding(["transport"], message)];
}
