import config from "../deno.json" with { type: "json" };

/** Version of this software. */
export const VERSION: string = config.version;

/** The commit it was built from, where the build or the environment says it; else "". */
export const COMMIT: string = Deno.env.get("SSMD_COMMIT") ?? "";
