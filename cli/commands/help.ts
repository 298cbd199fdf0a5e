import { buildCommand, type Command } from "@stricli/core";
import { type Catalogue, commandIn } from "../catalogue/catalogue.ts";
import { loadCatalogue } from "../catalogue/load.ts";
import type { SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { OUTPUT_FLAG } from "../flags.ts";
import { namesHint } from "../names.ts";
import { type OutputFormat, render } from "../render.ts";

interface Flags {
  output: OutputFormat;
}

const WORD = {
  brief: "Words of a command",
  parse: String,
  placeholder: "word",
  completes: "command",
};

/** `ssmd help`; as text `main.ts` lets the command itself answer. */
export const command: Command<SsmdContext> = buildCommand<Flags, string[], SsmdContext>({
  docs: {
    brief: "Show what a command does, or everything for programs",
    fullDescription: "Show what a command does, or everything for programs: commands, flags with " +
      "their values and defaults, examples, exit codes, and the schema of what is printed.\n\n" +
      "EXAMPLES\n  ssmd help\n  ssmd help archive verify\n  ssmd help --output json\n" +
      "  ssmd help up --output yaml",
  },
  parameters: {
    positional: { kind: "array", parameter: WORD },
    flags: { output: OUTPUT_FLAG },
  },
  async func({ output }, ...words) {
    const all = await loadCatalogue();
    const value = words.length === 0 ? all : partOf(all, words);
    const rows = value.commands.map(({ name, brief }) => ({ command: name, brief }));
    this.process.stdout.write(render({ value, rows, counted: "command" }, output));
  },
});

/** The catalogue with the commands that `words` begin. */
function partOf(all: Catalogue, words: readonly string[]): Catalogue {
  const name = words.join(" ");
  const one = commandIn(all, words);
  const found = one?.name === name
    ? [one]
    : all.commands.filter((each) => each.name.startsWith(`${name} `));
  if (found.length > 0) {
    const groups = all.groups.filter((group) => `${name} `.startsWith(`${group.name} `));
    return { ...all, groups, commands: found };
  }
  const names = all.commands.map((each) => each.name);
  throw new UsageError("COMMAND_UNKNOWN", `there is no command "${name}"`, {
    hint: namesHint(name, names),
  });
}
