import { parseArgs } from "node:util";
import { ConfigError, messageOf, SsmdError } from "./errors.ts";
import { createLogger } from "./log.ts";
import { refusalHint, refusalIn } from "./refusal.ts";
import { startWhole } from "./start.ts";
import { suggestion } from "./suggest.ts";

/** A command line flag of a service. */
interface FlagSpec {
  /** One line for `--help`. */
  help: string;
  /** Value when the flag is not given. */
  default?: string;
  /** Environment variable with the value when the flag is not given. */
  variable?: string;
}

/** Flag values by name. */
type FlagValues<S extends Record<string, FlagSpec>> = {
  [K in keyof S]: S[K] extends { default: string } ? string : string | undefined;
};

/**
 * Parses `--name value` flags. Throws ConfigError `WRONG_USAGE` for an unknown flag (with a
 * suggestion), a missing value or an extra argument.
 */
function parseFlags<const S extends Record<string, FlagSpec>>(
  args: readonly string[],
  spec: S,
): FlagValues<S> {
  const options = Object.fromEntries(Object.keys(spec).map((name) => [name, { type: "string" }]));
  const { tokens } = parseArgs({
    args: [...args],
    options: options as Record<string, { type: "string" }>,
    strict: false,
    tokens: true,
  });
  const values: Record<string, string | undefined> = {};
  for (const [name, { variable, default: value }] of Object.entries(spec)) {
    values[name] = (variable && Deno.env.get(variable)) || value;
  }
  for (const token of tokens) {
    if (token.kind === "positional") {
      throw new ConfigError("WRONG_USAGE", `"${token.value}" is one argument too many`, {
        hint: "Flags are written --name value; --help lists them",
      });
    }
    if (token.kind !== "option") continue;
    if (!(token.name in spec)) {
      throw new ConfigError("WRONG_USAGE", `There is no flag "--${token.name}"`, {
        hint: suggestion(token.name, Object.keys(spec)),
      });
    }
    if (typeof token.value !== "string") {
      throw new ConfigError("WRONG_USAGE", `--${token.name} wants a value`, {
        hint: spec[token.name]?.help ?? "",
      });
    }
    values[token.name] = token.value;
  }
  return values as FlagValues<S>;
}

/** Parses a port. Throws ConfigError `WRONG_USAGE`. */
export function portOf(flag: string, text: string): number {
  const port = Number(text);
  if (text !== "" && Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new ConfigError("WRONG_USAGE", `--${flag} ${text} is no port`, {
    hint: "A port is a whole number from 0 (any free one) to 65535",
  });
}

/**
 * Runs a service's `main`: help, errors on stderr, exit codes (1 = failed, 2 = wrong usage or
 * configuration). Calls `start` through {@linkcode startWhole}; it returns a function that runs the
 * service to its end. Then disposes of the stack.
 */
export async function runService<const S extends Record<string, FlagSpec>>(
  name: string,
  spec: S,
  start: (flags: FlagValues<S>, stack: AsyncDisposableStack) => Promise<() => Promise<void>>,
): Promise<void> {
  try {
    if (Deno.args.includes("--help")) return console.log(helpOf(name, spec));
    const flags = parseFlags(Deno.args, spec);
    const logger = createLogger({ fields: { component: name } });
    const started = await startWhole(
      async (stack) => ({ run: await start(flags, stack), stack }),
      { logger },
    );
    await started.run();
    await started.stack.disposeAsync();
  } catch (error) {
    console.error(`error: ${messageOf(error)}`);
    const refusal = refusalIn(error);
    if (error instanceof SsmdError) console.error(`hint:  ${error.hint}\ncode:  ${error.code}`);
    else if (refusal !== undefined) console.error(`hint:  ${refusalHint(refusal)}`);
    Deno.exit(error instanceof ConfigError ? 2 : 1);
  }
}

function helpOf(name: string, spec: Record<string, FlagSpec>): string {
  const lines = Object.entries(spec).map(([flag, { help, default: value }]) =>
    `  --${flag.padEnd(14)} ${help}${value === undefined ? "" : ` (default ${value})`}`
  );
  return `ssmd ${name}\n\nFLAGS\n${
    lines.join("\n")
  }\n\nEXAMPLE\n  deno task ${name} --env demo-nats`;
}
