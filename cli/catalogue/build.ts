import type { Command } from "@stricli/core";
import { COMMANDS, type Group, type OldCommand } from "../app.ts";
import type { LazyCommand } from "../command/define.ts";
import { stricliCommand } from "../command/stricli_command.ts";
import type { SsmdContext } from "../context.ts";
import { GLOBAL_ALIASES, GLOBAL_FLAGS } from "../flags.ts";
import type {
  Catalogue,
  CatalogueCommand,
  CatalogueOutput,
  CatalogueParameter,
} from "./catalogue.ts";
import { parameterOf, type RawParameter } from "./parameters.ts";

const EXIT_CODES = {
  "0": "done",
  "1": "failed, or something was found that is wrong",
  "2": "wrong usage: nothing was tried",
} as const;

/** The catalogue of everything that stands in COMMANDS; loads every command. */
export async function buildCatalogue(): Promise<Catalogue> {
  const groups: { name: string; brief: string }[] = [];
  const commands: CatalogueCommand[] = [];
  const collect = async (above: readonly string[], entries: Group["routes"]) => {
    for (const [word, entry] of Object.entries(entries)) {
      const route = [...above, word];
      if ("load" in entry) commands.push(await commandOf(route, entry));
      else {
        groups.push({ name: route.join(" "), brief: entry.brief });
        await collect(route, entry.routes);
      }
    }
  };
  await collect([], COMMANDS);
  return {
    name: "ssmd",
    brief: "Capture, stream, archive and serve market data",
    exit_codes: EXIT_CODES,
    global_flags: flagsOf([], GLOBAL_FLAGS, GLOBAL_ALIASES),
    groups,
    commands,
  };
}

async function commandOf(
  route: string[],
  entry: LazyCommand | OldCommand,
): Promise<CatalogueCommand> {
  const module = await entry.load();
  const command: Command<SsmdContext> = "default" in module
    ? stricliCommand(module.default)
    : module.command;
  const { flags = {}, aliases = {} } = command.parameters;
  const own = flagsOf(route, flags as Record<string, RawParameter>, aliases);
  const args = argumentsOf(route, command);
  const { description, examples } = partsOf(command.fullDescription ?? command.brief);
  const output = outputOf(own);
  return {
    name: route.join(" "),
    brief: command.brief,
    description,
    usage: usageOf(route, own, args),
    examples,
    flags: own,
    arguments: args,
    ...(output === undefined ? {} : { output }),
  };
}

function flagsOf(
  route: readonly string[],
  flags: Readonly<Record<string, RawParameter>>,
  aliases: Readonly<Partial<Record<string, unknown>>>,
): CatalogueParameter[] {
  const letters = new Map(Object.entries(aliases).map(([letter, name]) => [name, letter]));
  return Object.entries(flags).filter(([, raw]) => raw.hidden !== true).map(([name, raw]) => {
    const alias = letters.get(name);
    return parameterOf(name, raw, alias === undefined ? { route } : { route, alias });
  });
}

function argumentsOf(route: readonly string[], command: Command<SsmdContext>) {
  const { positional } = command.parameters;
  if (positional === undefined) return [];
  const of = (raw: RawParameter, more: Partial<RawParameter> = {}) =>
    parameterOf(raw.placeholder ?? "argument", { ...raw, ...more }, { route, argument: true });
  if (positional.kind === "tuple") return positional.parameters.map((raw) => of(raw));
  const optional = (positional.minimum ?? 0) === 0;
  return [of(positional.parameter, { variadic: true, ...(optional ? { optional } : {}) })];
}

function outputOf(flags: readonly CatalogueParameter[]): CatalogueOutput | undefined {
  const formats = flags.find(({ name }) => name === "output")?.values;
  return formats && { formats };
}

/** The text of a command without its examples, and those. A line that ends in `\` goes on. */
function partsOf(text: string): { description: string; examples: string[] } {
  const [before = "", after = ""] = text.split(/^EXAMPLES\n/m);
  const [lines = "", ...rest] = after.split(/\n\s*\n/);
  const examples = lines.replace(/\\\n\s*/g, "").split("\n").map((line) => line.trim())
    .filter((line) => line !== "");
  const description = [before.trim(), ...rest.map((part) => part.trim())].filter(Boolean);
  return { description: description.join("\n\n"), examples };
}

function usageOf(
  route: readonly string[],
  flags: readonly CatalogueParameter[],
  args: readonly CatalogueParameter[],
): string {
  const needed = flags.filter(({ required }) => required)
    .map(({ name, placeholder = "value" }) => `--${name} <${placeholder}>`);
  const words = args.map(({ name, required, repeated }) => {
    const shown = `<${name}>${repeated ? "…" : ""}`;
    return required ? shown : `[${shown}]`;
  });
  const optional = flags.some(({ required }) => !required) ? ["[flags]"] : [];
  return ["ssmd", ...route, ...needed, ...optional, ...words].join(" ");
}
