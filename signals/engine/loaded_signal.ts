import type { Params, SignalDefinition } from "./signal.ts";
import { canonicalJson } from "./canonical_json.ts";
import { sha256Of } from "./fire_id.ts";

/** A signal as an engine runs it. */
export interface LoadedSignal {
  /** The name of its file without `.ts`. */
  readonly id: string;
  /** What its author wrote. */
  readonly definition: SignalDefinition;
  /** Parameters in force. */
  readonly params: Params;
  /** SHA-256 of the parameters in force as canonical JSON, hex. */
  readonly paramsHash: string;
  /** SHA-256 of its source text, hex. */
  readonly sourceHash: string;
}

/** A signal with the hash of its parameters. */
export function loadedSignal(
  signal: Pick<LoadedSignal, "id" | "definition" | "params" | "sourceHash">,
): LoadedSignal {
  const { id, definition, params, sourceHash } = signal;
  return { id, definition, params, sourceHash, paramsHash: sha256Of(canonicalJson(params)) };
}

/** Whether a name matches a pattern: itself, or its begin before a `*`. */
function matches(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

/** Whether a signal has an instance for a market. */
export function watches({ definition }: LoadedSignal, feed: string, symbol: string): boolean {
  return definition.feeds.includes(feed) &&
    definition.symbols.some((pattern) => matches(pattern, symbol));
}
