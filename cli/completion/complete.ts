import {
  type Catalogue,
  type CatalogueCommand,
  type CatalogueParameter,
  commandIn,
} from "../catalogue/catalogue.ts";
import type { NameSource } from "./registry_names.ts";
import type { Candidate, Completion } from "./completion_words.ts";

const NOTHING: Completion = { candidates: [] };
const HELP: CatalogueParameter = {
  name: "help",
  brief: "Print help information and exit",
  type: "boolean",
  required: false,
  repeated: false,
  alias: "h",
};

/**
 * Candidates for the last of `words`, the command line after `ssmd`; the last word may be empty or
 * incomplete. Never throws on user input.
 */
export async function complete(
  catalogue: Catalogue,
  words: readonly string[],
  names: NameSource,
): Promise<Completion> {
  const before = words.slice(0, -1);
  const partial = words.at(-1) ?? "";
  const route = routeOf(catalogue, before);
  const command = commandIn(catalogue, route);
  if (command === undefined) return commandsBelow(catalogue, route, partial);
  const rest = before.slice(before.indexOf(route[0] ?? "") + route.length);
  const flags = [...command.flags, ...catalogue.global_flags, HELP];
  const line = new CommandLine(flags, rest);
  const dir = valueOf(before, "dir");
  const context: Context = { catalogue, names, ...(dir === undefined ? {} : { dir }) };
  if (line.pending !== undefined) return await valuesOf(line.pending, context, { partial });
  if (!line.escaped && partial.startsWith("-")) {
    return await flagsOf(flags, line.used, { partial, context });
  }
  const argument = argumentAt(command, line.count);
  return argument === undefined
    ? NOTHING
    : await valuesOf(argument, context, { partial, before: rest });
}

interface Context {
  catalogue: Catalogue;
  names: NameSource;
  /** `--dir` of the command line, if given. */
  dir?: string;
}

/** Parser of the words between the command and the cursor. */
class CommandLine {
  /** Flag still without its value. */
  pending: CatalogueParameter | undefined;
  readonly used = new Set<string>();
  /** Number of arguments so far. */
  count = 0;
  /** True after `--`: the rest are arguments. */
  escaped = false;

  constructor(flags: readonly CatalogueParameter[], words: readonly string[]) {
    for (const word of words) this.#take(flags, word);
  }

  #take(flags: readonly CatalogueParameter[], word: string): void {
    if (this.pending !== undefined) this.pending = undefined;
    else if (this.escaped || !word.startsWith("-") || word === "-") this.count++;
    else if (word === "--") this.escaped = true;
    else {
      const [name = ""] = word.replace(/^--?/, "").split("=");
      const flag = flags.find((each) => flagNames(each).includes(name) || each.alias === name);
      if (flag === undefined) return;
      this.used.add(flag.name);
      if (takesValue(flag) && !word.includes("=")) this.pending = flag;
    }
  }
}

function takesValue({ type }: CatalogueParameter): boolean {
  return type !== "boolean" && type !== "count";
}

function flagNames({ name, negatable }: CatalogueParameter): string[] {
  return negatable === true ? [name, `no-${name}`] : [name];
}

/** Words of the command; global flags may precede them. */
function routeOf(catalogue: Catalogue, words: readonly string[]): string[] {
  let at = 0;
  while (words[at]?.startsWith("-")) at += /^--(dir|output)$/.test(words[at] ?? "") ? 2 : 1;
  const route: string[] = [];
  for (const word of words.slice(at)) {
    route.push(word);
    if (!isGroup(catalogue, route)) break;
  }
  return route;
}

function isGroup({ groups }: Catalogue, route: readonly string[]): boolean {
  return groups.some(({ name }) => name === route.join(" "));
}

function commandsBelow(
  catalogue: Catalogue,
  route: readonly string[],
  partial: string,
): Completion {
  const { commands, groups, global_flags } = catalogue;
  if (route.length === 0 && partial.startsWith("-")) {
    return { candidates: flagCandidates([...global_flags, HELP], partial) };
  }
  if (route.length > 0 && !isGroup(catalogue, route)) return NOTHING;
  const prefix = route.map((word) => `${word} `).join("");
  const below = [...groups, ...commands].filter(({ name }) => name.startsWith(prefix))
    .map(({ name, brief }) => ({ value: name.slice(prefix.length), brief }))
    .filter(({ value }) => !value.includes(" "));
  return { candidates: fitting(below, partial) };
}

async function flagsOf(
  flags: readonly CatalogueParameter[],
  used: ReadonlySet<string>,
  { partial, context }: { partial: string; context: Context },
): Promise<Completion> {
  const assigned = /^(--([^=]+)=)(.*)$/s.exec(partial);
  if (assigned !== null) {
    const [, prefix = "", name, value = ""] = assigned;
    const flag = flags.find((each) => each.name === name);
    if (flag === undefined || !takesValue(flag)) return NOTHING;
    const found = await valuesOf(flag, context, { partial: value });
    const candidates = found.candidates.map((each) => ({ ...each, value: prefix + each.value }));
    return { ...found, candidates };
  }
  const left = flags.filter(({ name, repeated }) => repeated || !used.has(name));
  return { candidates: flagCandidates(left, partial) };
}

function flagCandidates(flags: readonly CatalogueParameter[], partial: string): Candidate[] {
  const seen = new Map<string, string>();
  for (const flag of flags) {
    for (const name of flagNames(flag)) {
      if (!seen.has(`--${name}`)) seen.set(`--${name}`, flag.brief);
    }
  }
  return fitting([...seen].map(([value, brief]) => ({ value, brief })), partial);
}

function argumentAt(command: CatalogueCommand, index: number): CatalogueParameter | undefined {
  const last = command.arguments.at(-1);
  return command.arguments[index] ?? (last?.repeated ? last : undefined);
}

async function valuesOf(
  parameter: CatalogueParameter,
  { catalogue, names, dir }: Context,
  { partial, before = [] }: { partial: string; before?: readonly string[] | undefined },
): Promise<Completion> {
  const { values, completes, brief } = parameter;
  if (values !== undefined) {
    return { candidates: fitting(values.map((value) => ({ value, brief: "" })), partial) };
  }
  if (completes === undefined) return NOTHING;
  if (completes === "file" || completes === "dir") return { candidates: [], paths: completes };
  if (completes === "command") {
    const words = before.filter((word) => !word.startsWith("-"));
    return commandIn(catalogue, words) ? NOTHING : commandsBelow(catalogue, words, partial);
  }
  const found = await names(completes, dir);
  return { candidates: fitting(found.map((value) => ({ value, brief })), partial) };
}

function fitting(candidates: readonly Candidate[], partial: string): Candidate[] {
  return candidates.filter(({ value }) => value.startsWith(partial));
}

function valueOf(words: readonly string[], flag: string): string | undefined {
  const at = words.lastIndexOf(`--${flag}`);
  const assigned = words.findLast((word) => word.startsWith(`--${flag}=`));
  return at >= 0 ? words[at + 1] : assigned?.slice(flag.length + 3);
}
