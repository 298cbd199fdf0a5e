import { buildCommand, type Command, type CommandContext } from "@stricli/core";
import { ArchiveError, messageOf, systemCodeOf } from "@ssmd/runtime";
import { jsonLinesIn, jsonLinesOf } from "../archive/json_lines.ts";

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
  let text = "";
  try {
    for await (const lines of linesIn(path)) {
      for (const line of lines) text += line + "\n";
      if (text.length < WRITE_CHARS) continue;
      stdout.write(text);
      text = "";
    }
  } finally {
    stdout.write(text);
  }
}

/** Records frame by frame, for a sealed day may be large; raw files are of a minute. */
async function* linesIn(path: string): AsyncIterable<Iterable<string>> {
  if (!await isNormalized(path)) {
    yield jsonLinesOf(await contentOf(path), path);
    return;
  }
  using file = await Deno.open(path);
  const getRange = async (_name: string, start: number, end: number) => {
    await file.seek(start, Deno.SeekMode.Start);
    return await bytesOf(file, end - start);
  };
  yield* jsonLinesIn({ name: path, bytes: (await file.stat()).size, getRange });
}

/** Whether a file begins with the skippable frame of a lineage. */
async function isNormalized(path: string): Promise<boolean> {
  try {
    using file = await Deno.open(path);
    const [kind, second, third, fourth] = await bytesOf(file, 4);
    return ((kind ?? 0) & 0xF0) === 0x50 && second === 0x2A && third === 0x4D && fourth === 0x18;
  } catch {
    // Whatever is wrong with it is told when it is read.
    return false;
  }
}

async function bytesOf(file: Deno.FsFile, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  let filled = 0;
  while (filled < count) {
    const read = await file.read(bytes.subarray(filled));
    if (read === null) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
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
