import { ExitCode } from "@stricli/core";
import { UsageError } from "@ssmd/runtime/errors";

export { UsageError };

/** Wrong usage: nothing was tried. */
const EXIT_USAGE = 2;

/** The exit code of what a command threw: 2 for wrong usage, else 1. */
export function exitCodeOf(error: unknown): number {
  return error instanceof UsageError ? EXIT_USAGE : 1;
}

const USAGE: ReadonlySet<number> = new Set([ExitCode.UnknownCommand, ExitCode.InvalidArgument]);

/** The process's exit code of the parser's own. */
export function processExitCode(code: unknown): number {
  if (typeof code !== "number" || code === 0) return 0;
  if (USAGE.has(code)) return EXIT_USAGE;
  return code > 0 ? code : 1;
}
