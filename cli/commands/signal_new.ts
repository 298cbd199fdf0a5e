import { writingTo } from "@ssmd/runtime/output_error";
import { z } from "zod";
import { UsageError } from "@ssmd/runtime/errors";
import { isSignalId } from "@ssmd/signals";
import { OUTPUT } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { signalTemplate, testTemplate } from "../signal/signal_template.ts";
import { foldersOfSignals } from "../signal/folders_of_signals.ts";

export default defineCommand({
  name: "signal new",
  brief: "Create a new signal with a test from a template",
  description:
    "Writes both into signals/ beside the project's registry; in ssmd's own repository, into " +
    "signals/library/. Existing files are not overwritten.",
  changes: "config-changes",
  examples: ["ssmd signal new wide_book", "ssmd signal new btc_runs --feed kraken --symbol BTCUSD"],
  flags: {
    feed: text("Feed to watch", {
      default: "kraken",
      placeholder: "feed",
      completes: "feed",
    }),
    symbol: text("Markets to watch; a final * matches any rest", {
      default: "*",
      placeholder: "symbol",
      completes: "symbol",
    }),
    output: OUTPUT,
  },
  args: [text("Name: small letters, digits and _", { placeholder: "name", required: true })],
  output: z.object({ signal: z.string(), files: z.array(z.string()) }),
  table: ({ signal, files }) => ({
    text: `${
      files.join("\n")
    }\nNext: ssmd signal test ${signal}, then ssmd signal check ${signal}\n`,
  }),
  async run({ flags: { feed, symbol }, args: [id], context }) {
    if (!isSignalId(id)) {
      throw new UsageError("SIGNAL_NAME_INVALID", `"${id}" is no name of a signal`, {
        hint: "Small letters, digits and _, a letter first: wide_book",
      });
    }
    const { own } = await foldersOfSignals(context.globals);
    await Deno.mkdir(own, { recursive: true });
    const files = [
      [`${own}/${id}.ts`, signalTemplate({ feed, symbol })],
      [`${own}/${id}_test.ts`, testTemplate({ id, feed, symbol })],
    ] as const;
    for (const [path, content] of files) await write(path, content);
    return { signal: id, files: files.map(([path]) => path) };
  },
});

async function write(path: string, content: string): Promise<void> {
  try {
    await writingTo(path, () => Deno.writeTextFile(path, content, { createNew: true }));
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    throw new UsageError("SIGNAL_EXISTS", `"${path}" is there already`, {
      hint: "Give the signal another name",
      cause: error,
    });
  }
}
