import config from "../../deno.json" with { type: "json" };

/** Version of this software. */
export const VERSION: string = config.version;

/**
 * Commit of this build, from `SSMD_COMMIT` (set by the launcher or the compiled program); else
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
