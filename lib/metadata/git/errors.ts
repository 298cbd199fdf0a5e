import { ConfigError } from "@ssmd/runtime";

/** Returns the error for an unreadable repository. */
export function gitError(what: string, cause?: unknown): ConfigError {
  return new ConfigError("GIT_FAILED", `The git repository cannot be read: ${what}`, {
    hint: "See git fsck; the folder .git must be readable (--allow-read)",
    ...(cause === undefined ? {} : { cause }),
  });
}
