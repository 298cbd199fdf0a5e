import { type Catalogue, commandIn } from "../catalogue/catalogue.ts";
import { loadCatalogue, loadSchemas } from "../catalogue/load.ts";
import { CATALOGUE } from "../catalogue/catalogue_schema.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { UsageError } from "../exit.ts";
import { namesHint } from "../unknown_name.ts";

/** For text output `main.ts` rewrites it to the command's `--help`. */
export default defineCommand({
  name: "help",
  brief: "Show help for a command, or all commands for programs",
  description:
    "--output json prints for programs: commands, flags with their values and defaults, " +
    "examples, exit codes, and the JSON Schema of the output.",
  examples: [
    "ssmd help",
    "ssmd help archive verify",
    "ssmd help --output json",
    "ssmd help up --output yaml",
  ],
  args: {
    each: text("Words of a command", { placeholder: "word", completes: "command", required: true }),
  },
  output: CATALOGUE,
  table: ({ commands }) => ({
    rows: commands.map(({ name, brief }) => ({ command: name, brief })),
    counted: "command",
  }),
  async run({ args: words }) {
    const all = await loadCatalogue();
    const shown = words.length === 0 ? all : partOf(all, words);
    const schemas = await loadSchemas();
    const commands = shown.commands.map((command) => {
      const schema = schemas[command.name];
      if (command.output === undefined || schema === undefined) return command;
      return { ...command, output: { ...command.output, schema } };
    });
    return { ...shown, commands };
  },
});

/** Catalogue reduced to commands that start with `words`. */
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
  throw new UsageError("COMMAND_UNKNOWN", `There is no command "${name}"`, {
    hint: namesHint(name, names),
  });
}
