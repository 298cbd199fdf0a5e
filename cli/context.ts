import type { CommandContext } from "@stricli/core";

/** Values of the global flags. */
export interface Globals {
  /** `--dir`: registry folder; absent = searched upward from the working directory. */
  dir?: string;
  /** Whether the command falls back to the registry shipped with ssmd. */
  shippedRegistry?: boolean;
  /** `--quiet`: print only results and errors. */
  quiet: boolean;
  /** `--yes`: answer every question with yes. */
  yes: boolean;
}

/** `this` of a command. */
export interface SsmdContext extends CommandContext {
  readonly globals: Globals;
  /** Details that the command adds to its audit event; never a secret. */
  readonly auditDetails?: Record<string, string>;
}

/** Defaults when no global flag is given. */
export const NO_GLOBALS: Globals = { quiet: false, yes: false };

/** Prints a message to stderr, unless `--quiet`. */
export function notice({ globals, process }: SsmdContext, text: string): void {
  if (!globals.quiet) process.stderr.write(`${text}\n`);
}
