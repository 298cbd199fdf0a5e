import { run } from "@stricli/core";
import { buildApp, wordsOf } from "./app.ts";
import { NO_GLOBALS } from "./context.ts";
import { processExitCode } from "./exit.ts";
import { colorIn, globalsLast } from "./global_flags.ts";
import { writeError, writeOut } from "./output.ts";
import { setColor } from "./terminal.ts";
import { errorText } from "./texts.ts";

/** Runs `ssmd` with these arguments and gives the exit code: 0 done, 1 failed, 2 wrong usage. */
async function main(args: string[]): Promise<number> {
  // `deno task ssmd -- up` hands the dashes on.
  const own = globalsLast(args[0] === "--" ? args.slice(1) : args, wordsOf);
  setColor(colorIn(own));
  const context = {
    globals: NO_GLOBALS,
    process: {
      stdout: { write: writeOut },
      stderr: { write: writeError },
      // The parser sets it only where nothing stands yet.
      exitCode: null as number | string | null,
    },
  };
  const inputs = own.length === 0 ? ["--help"] : own;
  await run(await buildApp(inputs), inputs, context);
  return processExitCode(context.process.exitCode);
}

if (import.meta.main) {
  try {
    const code = await main(Deno.args);
    // A command may have set its own code (`archive verify` that found something).
    if (Deno.exitCode === 0) Deno.exitCode = code;
  } catch (error) {
    writeError(`${errorText(error)}\n`);
    Deno.exitCode = 1;
  }
}
