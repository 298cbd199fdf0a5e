import { COMMANDS, type Group } from "../app.ts";
import type { Arguments, Command } from "../command/define.ts";
import type { Parameter, Parameters } from "../command/flag.ts";
import { descriptionOf, flagsOf } from "../command/stricli_command.ts";
import { GLOBAL_FLAGS } from "../global_flags.ts";
import type {
  Catalogue,
  CatalogueCommand,
  CatalogueOutput,
  CatalogueParameter,
} from "./catalogue.ts";
import { parameterOf } from "./parameters.ts";

const EXIT_CODES = {
  "0": "done",
  "1": "failed, or something was found that is wrong",
  "2": "wrong usage: nothing was tried",
} as const;

/** Builds the catalogue of COMMANDS; loads every command. */
export async function buildCatalogue(): Promise<Catalogue> {
  const groups: { name: string; brief: string }[] = [];
  const commands: CatalogueCommand[] = [];
  const collect = async (above: readonly string[], entries: Group["routes"]) => {
    for (const [word, entry] of Object.entries(entries)) {
      const route = [...above, word];
      if ("load" in entry) commands.push(viewOf((await entry.load()).default));
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
    global_flags: parametersOf(GLOBAL_FLAGS),
    groups,
    commands,
  };
}

function viewOf(command: Command): CatalogueCommand {
  const flags = parametersOf(flagsOf(command));
  const args = argumentsOf(command.args);
  const output = outputOf(flags);
  return {
    name: command.name,
    brief: command.brief,
    description: descriptionOf(command),
    usage: usageOf(command.name, flags, args),
    examples: [...command.examples],
    flags,
    arguments: args,
    ...(command.asks === undefined ? {} : { asks: [...command.asks] }),
    ...(output === undefined ? {} : { output }),
  };
}

function parametersOf(parameters: Parameters): CatalogueParameter[] {
  return Object.entries(parameters).map(([name, parameter]) => parameterOf(name, parameter));
}

function argumentsOf(args: Arguments = []): CatalogueParameter[] {
  const of = (parameter: Parameter<unknown>) =>
    parameterOf(parameter.placeholder ?? "argument", parameter);
  if (!("each" in args)) return args.map(of);
  const { each, minimum = 0 } = args;
  return [{ ...of(each), required: minimum > 0, repeated: true }];
}

function outputOf(flags: readonly CatalogueParameter[]): CatalogueOutput | undefined {
  const formats = flags.find(({ name }) => name === "output")?.values;
  return formats && { formats };
}

function usageOf(
  name: string,
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
  return ["ssmd", name, ...needed, ...optional, ...words].join(" ");
}
