import { writingTo } from "@ssmd/runtime/output_error";
import { commandIn } from "../catalogue/catalogue.ts";
import { loadCatalogue } from "../catalogue/load.ts";
import { manPage, pageName } from "../catalogue/man_page.ts";
import { defineCommand } from "../command/define.ts";
import { dir, text } from "../command/flag.ts";
import { UsageError } from "../exit.ts";
import { namesHint } from "../unknown_name.ts";

export default defineCommand({
  name: "man",
  brief: "Print the manual page of ssmd or of a command, or write all of them",
  description:
    "The npm package contains the pages; for other installations, write them where man " +
    "looks:\n\nssmd man --out ~/.local/share/man/man1\n  man ssmd-data-export",
  examples: [
    "ssmd man | head",
    "ssmd man data export | man -l -",
    "ssmd man --out /tmp/man/man1",
  ],
  flags: { out: dir("Folder for the pages: ssmd.1, ssmd-data-export.1, …") },
  args: {
    each: text("Words of a command", { placeholder: "word", completes: "command", required: true }),
  },
  async run({ flags: { out }, args: words, context }) {
    const catalogue = await loadCatalogue();
    const { commands } = catalogue;
    if (out !== undefined) {
      await writingTo(out, () => Deno.mkdir(out, { recursive: true }));
      for (const command of [undefined, ...commands]) {
        const path = `${out}/${pageName(command)}.1`;
        await writingTo(path, () => Deno.writeTextFile(path, manPage(catalogue, command)));
      }
      return;
    }
    const name = words.join(" ");
    const command = commandIn(catalogue, words);
    if (command?.name !== name && name !== "") {
      throw new UsageError("COMMAND_UNKNOWN", `There is no command "${name}"`, {
        hint: namesHint(name, commands.map((each) => each.name)),
      });
    }
    context.process.stdout.write(manPage(catalogue, command));
  },
});
