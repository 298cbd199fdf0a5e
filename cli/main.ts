import { run } from "@stricli/core";
import { buildApp, wordsOf } from "./app.ts";
import { NO_GLOBALS } from "./context.ts";
import { processExitCode } from "./exit.ts";
import { colorIn, globalsLast } from "./global_flags.ts";
import { loadModule } from "./load_module.ts";
import { writeError, writeOut } from "./output.ts";
import { setColor } from "./terminal.ts";
import { errorText } from "./error_text.ts";

/** Runs `ssmd` and returns the exit code: 0 done, 1 failed, 2 invalid usage. */
async function main(args: string[]): Promise<number> {
  // `deno task ssmd -- up` passes the dashes through.
  if (args[0] === "__complete") {
    const path = "./completion/answer.ts";
    const { completionAnswer } = await loadModule<typeof import("./completion/answer.ts")>(path);
    writeOut(await completionAnswer(args.slice(args[1] === "--" ? 2 : 1)));
    return 0;
  }
  if (args[0] === "--version") return await printVersion();
  const own = globalsLast(args[0] === "--" ? args.slice(1) : args, wordsOf);
  setColor(colorIn(own));
  const context = {
    globals: NO_GLOBALS,
    process: {
      stdout: { write: writeOut },
      stderr: { write: writeError },
      // The parser sets it only when it is null.
      exitCode: null as number | string | null,
    },
  };
  const inputs = own.length === 0 ? ["--help"] : helpInputs(own);
  await run(await buildApp(inputs), inputs, context);
  return processExitCode(context.process.exitCode);
}

/** One line, as other tools print it. */
async function printVersion(): Promise<number> {
  const { COMMIT, VERSION } = await import("@ssmd/runtime/build");
  writeOut(`ssmd ${VERSION} (${COMMIT})\n`);
  return 0;
}

/** `help archive verify` becomes `archive verify --help`, unless flags are given. */
function helpInputs(args: string[]): string[] {
  const [first, ...words] = args;
  const asText = words.every((word) => !word.startsWith("-"));
  return first === "help" && asText ? [...words, "--help"] : args;
}

if (import.meta.main) {
  try {
    const code = await main(Deno.args);
    // A command may have set its own code (`archive verify` with findings).
    if (Deno.exitCode === 0) Deno.exitCode = code;
    // Work left running by a failed command would keep the process alive.
    if (code !== 0) Deno.exit();
  } catch (error) {
    writeError(`${errorText(error)}\n`);
    Deno.exit(1);
  }
}
