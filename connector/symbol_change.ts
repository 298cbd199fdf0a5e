import type { SymbolSpec } from "@ssmd/exchanges";
import { SsmdError } from "@ssmd/runtime";

/** Difference between the captured and the wanted markets. */
interface SymbolChange<Connection> {
  /** Markets that no connection has. */
  added: SymbolSpec[];
  /** Markets to remove, by their connection. */
  takenOff: { connection: Connection; specs: SymbolSpec[] }[];
}

/**
 * Compares the markets of connections with the wanted ones. A market whose depth or name changed is
 * removed and added; the others stay untouched.
 */
export function symbolChange<Connection extends { wanted: readonly SymbolSpec[] }>(
  connections: readonly Connection[],
  wanted: readonly SymbolSpec[],
): SymbolChange<Connection> {
  const left = new Map(wanted.map((spec) => [keyOf(spec), spec]));
  const takenOff: SymbolChange<Connection>["takenOff"] = [];
  for (const connection of connections) {
    const specs = connection.wanted.filter((spec) => !left.delete(keyOf(spec)));
    if (specs.length > 0) takenOff.push({ connection, specs });
  }
  return { added: [...left.values()], takenOff };
}

function keyOf({ symbol, external, depth }: SymbolSpec): string {
  return JSON.stringify([symbol, external, depth ?? null]);
}

/** Returns the error `SYMBOLS_FIXED`: a recording is played. */
export function symbolsFixed(): SsmdError {
  return new SsmdError("SYMBOLS_FIXED", "A recording has the markets that it was made of", {
    hint: "Change the markets of an environment that captures",
  });
}

/** Returns the error `CONNECTOR_NOT_RUNNING`: it has not started, or is stopping. */
export function notRunning(): SsmdError {
  return new SsmdError("CONNECTOR_NOT_RUNNING", "The connector does not capture now", {
    hint: "Its next start takes the markets of the environment's file",
    retryable: true,
  });
}
