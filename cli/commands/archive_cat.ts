import { buildCommand, type Command, type CommandContext } from "@stricli/core";
import { ArchiveError, messageOf, systemCodeOf } from "@ssmd/runtime";
import { jsonLinesOf } from "../archive/json_lines.ts";

/** Text that is gathered before it is written. */
const WRITE_CHARS = 64 * 1024;

const LINES = ["json"] as const;

interface Flags {
  output: typeof LINES[number];
}

/** `ssmd archive cat` */
export const command: Command<CommandContext> = buildCommand<
  Flags,
  [string],
  CommandContext
>({
  docs: {
    brief: "Print a raw or normalized file as JSON lines",
    fullDescription: "Print a raw or normalized file as JSON lines: raw lines as they were " +
      "written, records with times in nanoseconds. What stands before a damage is printed, then " +
      "the error (exit code 1).\n\n" +
      "EXAMPLES\n" +
      "  ssmd archive cat data/normalized/demo/kraken/v1/trade/2026/08/01/02-53.capnp.zst\n" +
      "  ssmd archive cat session.jsonl.zst | head",
  },
  parameters: {
    flags: {
      output: { kind: "enum", values: LINES, default: "json", brief: "json: a value a line" },
    },
    positional: {
      kind: "tuple",
      parameters: [{
        brief: "File on disk, compressed or plain",
        parse: String,
        placeholder: "file",
      }],
    },
  },
  func: runCat,
});

async function runCat(this: CommandContext, _flags: Flags, path: string) {
  const { stdout } = this.process;
  const bytes = await contentOf(path);
  let text = "";
  try {
    for (const line of jsonLinesOf(bytes, path)) {
      text += line + "\n";
      if (text.length < WRITE_CHARS) continue;
      stdout.write(text);
      text = "";
    }
  } finally {
    stdout.write(text);
  }
}

async function contentOf(path: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    const absent = systemCodeOf(error) === "ENOENT";
    const message = absent
      ? `There is no file "${path}".`
      : `"${path}" cannot be read: ${messageOf(error)}.`;
    throw new ArchiveError(absent ? "FILE_NOT_FOUND" : "FILE_UNREADABLE", message, {
      hint: "Name a raw (.jsonl.zst) or normalized (.capnp.zst) file on disk.",
      cause: error,
    });
  }
}
