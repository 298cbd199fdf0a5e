import { buildCommand, type Command as StricliCommand } from "@stricli/core";
import type { SsmdContext } from "../context.ts";
import { OUTPUT, STREAM_OUTPUT } from "./common_flags.ts";
import { loadModule } from "../load_module.ts";
import { OUTPUT_FORMATS } from "../output_format.ts";
import { flatRows, type OutputFormat, render } from "../render.ts";
import type { Arguments, Command, Table } from "./define.ts";
import { aliasesOf, type Parameters } from "./flag.ts";

type Flags = Readonly<Record<string, unknown>>;

/** Returns the command in the parser's form; it prints the value that `run` returns. */
export function stricliCommand(command: Command): StricliCommand<SsmdContext> {
  const { brief, args } = command;
  return buildCommand<Flags, readonly unknown[], SsmdContext>({
    docs: { brief, fullDescription: helpText(command) },
    // The declared parameters already have the parser's form; its types accept only inline literals.
    parameters: {
      flags: flagsOf(command),
      aliases: aliasesOf(command.flags ?? {}),
      ...positionalOf(args),
    } as never,
    async func(given, ...words) {
      const flags = present(given);
      const value = await runCommand(command, { flags, args: words, context: this });
      if (command.output === undefined) return;
      this.process.stdout.write(printedText(command, value, flags));
      if (command.failed?.(value) === true) Deno.exitCode = 1;
    },
  });
}

/** Runs a command; the audit log is loaded only when the command changes something. */
export async function runCommand(
  command: Command,
  { context: { globals, ...rest }, ...given }: {
    flags: Flags;
    args: readonly unknown[];
    context: SsmdContext;
  },
): Promise<unknown> {
  const { shippedRegistry = false } = command;
  const call = { ...given, context: { ...rest, globals: { ...globals, shippedRegistry } } };
  if (command.changes === undefined) return await command.run(call as never);
  const path = "./command/audited.ts";
  return await (await loadModule<typeof import("./audited.ts")>(path)).audited(command, call);
}

/** Flags of a command, with `--output` added when it prints data and has none of its own. */
export function flagsOf({ flags = {}, output, prints }: Command): Parameters {
  if ("output" in flags) return flags;
  if (output !== undefined) return { ...flags, output: OUTPUT };
  return prints === undefined ? flags : { ...flags, output: STREAM_OUTPUT };
}

function positionalOf(args: Arguments | undefined): object {
  if (args === undefined) return {};
  if ("each" in args) {
    const { each: { variadic: _, ...parameter }, minimum = 0 } = args;
    return { positional: { kind: "array", parameter, minimum } };
  }
  return args.length === 0 ? {} : { positional: { kind: "tuple", parameters: args } };
}

/** Drops undefined flags so that the rest can be spread into options. */
function present(flags: Flags): Record<string, unknown> {
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
}

function printedText(command: Command, value: unknown, flags: Record<string, unknown>): string {
  const asked = flags["output"] as OutputFormat;
  // A file takes the report; the table is for whoever waits.
  const format = OUTPUT_FORMATS.includes(asked) ? asked : "table";
  const table = format === "table" ? tableOf(command, value, flags) : { rows: [] };
  return "text" in table ? table.text : render({ value, ...table }, format);
}

function tableOf({ table }: Command, value: unknown, flags: Record<string, unknown>): Table {
  if (table !== undefined) return table(value, flags);
  return { rows: flatRows(value as object) };
}

function helpText(command: Command): string {
  const lines = command.examples.map((example) => `  ${example}`).join("\n");
  return `${descriptionOf(command)}\n\nEXAMPLES\n${lines}`;
}

/** The brief as a sentence, followed by the description. */
export function descriptionOf({ brief, description }: Command): string {
  return description === undefined ? `${brief}.` : `${brief}.\n\n${description}`;
}
