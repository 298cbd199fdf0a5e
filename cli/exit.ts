import { ExitCode } from "@stricli/core";
import { UsageError } from "@ssmd/runtime/errors";

export { UsageError };

/** Invalid usage: nothing was done. */
const EXIT_USAGE = 2;

/** Exit code of a thrown error: 2 for invalid usage, else 1. */
export function exitCodeOf(error: unknown): number {
  return error instanceof UsageError ? EXIT_USAGE : 1;
}

const USAGE: ReadonlySet<number> = new Set([ExitCode.UnknownCommand, ExitCode.InvalidArgument]);

/** Maps the parser's exit code to the process's. */
export function processExitCode(code: unknown): number {
  if (typeof code !== "number" || code === 0) return 0;
  if (USAGE.has(code)) return EXIT_USAGE;
  return code > 0 ? code : 1;
}
