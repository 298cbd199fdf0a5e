import type { CommandContext } from "@stricli/core";

/** What the flags that every command knows were set to. */
export interface Globals {
  /** `--dir`: folder of the registry; absent = found upward from the working directory. */
  dir?: string;
  /** `--quiet`: only results and errors are written. */
  quiet: boolean;
  /** `--yes`: what would be asked is answered with yes. */
  yes: boolean;
}

/** `this` of a command. */
export interface SsmdContext extends CommandContext {
  readonly globals: Globals;
  /** What a command finds out on its way goes into its event of the audit log; never a secret. */
  readonly auditDetails?: Record<string, string>;
}

/** What holds where no global flag was given. */
export const NO_GLOBALS: Globals = { quiet: false, yes: false };

/** Writes a remark for a person to stderr, unless `--quiet` was given. */
export function notice({ globals, process }: SsmdContext, text: string): void {
  if (!globals.quiet) process.stderr.write(`${text}\n`);
}
