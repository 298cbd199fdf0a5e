import config from "../../deno.json" with { type: "json" };

/** Version of this software. */
export const VERSION: string = config.version;

/**
 * The commit that runs, as the launcher or the compiled program says it (`SSMD_COMMIT`); else
 * "unknown".
 */
export const COMMIT: string = commit();

function commit(): string {
  try {
    return Deno.env.get("SSMD_COMMIT") || "unknown";
  } catch {
    return "unknown";
  }
}
