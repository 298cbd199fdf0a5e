import { buildCommand, type Command } from "@stricli/core";
import type { Globals, SsmdContext } from "./context.ts";
import { aliasesOf, dir, on } from "./command/flag.ts";
import { setColor } from "./terminal.ts";

/**
 * Flags of every command, added when a command is loaded and read from `this.globals`. A command's
 * own flag of the same name takes precedence.
 */
export const GLOBAL_FLAGS = {
  color: on("Colour on a terminal (--no-color or NO_COLOR: none)", { negatable: true }),
  quiet: on("Write results and errors only", { alias: "q" }),
  yes: on("Answer every question with yes", { alias: "y" }),
  dir: dir("Folder of the registry; default: searched from here upward"),
};

const GLOBAL_FLAG_NAMES: ReadonlySet<string> = new Set(Object.keys(GLOBAL_FLAGS));

/** One-letter names; a command's own take precedence. */
const GLOBAL_ALIASES = aliasesOf(GLOBAL_FLAGS);

type Flags = Readonly<Record<string, unknown>>;
type Parameters = Command<SsmdContext>["parameters"];

/** Adds the global flags to a command; their values arrive in `this.globals`. */
export function withGlobals(command: Command<SsmdContext>): Command<SsmdContext> {
  const own: Flags = command.parameters.flags ?? {};
  const { brief, fullDescription } = command;
  return buildCommand<Flags, readonly unknown[], SsmdContext>({
    docs: fullDescription === undefined ? { brief } : { brief, fullDescription },
    parameters: withGlobalParameters(command.parameters, own),
    loader: async () => {
      const loaded = await command.loader();
      const func = typeof loaded === "function" ? loaded : loaded.default;
      return function (this: SsmdContext, flags: Flags, ...args: readonly unknown[]) {
        const globals = globalsOf(flags);
        if (flags["color"] !== undefined) setColor(flags["color"] === true);
        return func.call({ ...this, globals }, ownOf(flags, own), ...args);
      };
    },
  });
}

function withGlobalParameters(parameters: Parameters, own: Flags) {
  // The parser accepts merged flags; its types only know inline literals.
  const merged = {
    ...parameters,
    flags: { ...own, ...Object.fromEntries(missing(GLOBAL_FLAGS, own)) },
    aliases: {
      ...Object.fromEntries(
        Object.entries(GLOBAL_ALIASES).filter(([, name]) => !(name in own)),
      ),
      ...parameters.aliases,
    },
  };
  return merged as never;
}

function missing(flags: Flags, own: Flags): [string, unknown][] {
  return Object.entries(flags).filter(([name]) => !(name in own));
}

function ownOf(flags: Flags, own: Flags): Flags {
  const entries = Object.entries(flags);
  return Object.fromEntries(
    entries.filter(([name]) => name in own || !GLOBAL_FLAG_NAMES.has(name)),
  );
}

function globalsOf({ dir, quiet, yes }: Flags): Globals {
  const globals = { quiet: quiet === true, yes: yes === true };
  return typeof dir === "string" ? { ...globals, dir } : globals;
}

const BEFORE = new Set(["--quiet", "-q", "--yes", "-y", "--color", "--no-color", "--noColor"]);

/**
 * Moves global flags that precede the command behind it, as the parser requires: `--dir x env list`
 * = `env list --dir x`. `wordsOf` returns how many words name the command.
 */
export function globalsLast(
  args: readonly string[],
  wordsOf: (words: readonly string[]) => number,
): string[] {
  let at = 0;
  while (at < args.length) {
    const arg = args[at] ?? "";
    if (arg === "--dir" || arg === "--output") at += 2;
    else if (BEFORE.has(arg) || /^--(dir|output)=/.test(arg)) at++;
    else break;
  }
  const first = args[at];
  if (at === 0 || first === undefined || first.startsWith("-")) return [...args];
  const end = at + wordsOf(args.slice(at));
  return [...args.slice(at, end), ...args.slice(0, at), ...args.slice(end)];
}

/** `--color` or `--no-color`, read before the parser runs so that its errors obey too. */
export function colorIn(args: readonly string[]): boolean | undefined {
  const end = args.indexOf("--");
  const flags = end < 0 ? args : args.slice(0, end);
  if (flags.includes("--no-color") || flags.includes("--noColor")) return false;
  return flags.includes("--color") ? true : undefined;
}
