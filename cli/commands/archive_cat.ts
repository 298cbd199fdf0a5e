import { z } from "zod";
import { ArchiveError, messageOf, systemCodeOf } from "@ssmd/runtime";
import { openArchived } from "@ssmd/archive";
import { EVENT_TYPES } from "@ssmd/market";
import { jsonLinesIn, jsonLinesOf, type RangedFile } from "../archive/json_lines.ts";
import { defineCommand } from "../command/define.ts";
import { choice, file } from "../command/flag.ts";
import type { SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { writeBytes } from "../output.ts";

/** Text buffered before a write, characters. */
const WRITE_CHARS = 64 * 1024;

const RECORD = z.looseObject({
  type: z.enum(EVENT_TYPES),
  feed: z.string(),
  symbol: z.string(),
}).describe("A record, with the fields of its type");

const CAPTURE = z.object({
  _capture: z.record(z.string(), z.unknown())
    .describe(
      "State of the connector at the start of the file: location, clock, software, symbols",
    ),
});

const FRAME = z.object({
  t: z.string().regex(/^\d+$/).describe("Receive time, ns since 1970"),
  m: z.unknown().exactOptional().describe("The frame as JSON; absent when it is not JSON"),
  x: z.string().exactOptional().describe("The frame in base64, when it is not JSON"),
  e: z.string().exactOptional().describe("Event other than a frame"),
  why: z.string().exactOptional(),
}).describe("A line of a raw file, as written");

export default defineCommand({
  name: "archive cat",
  brief: "Print a raw or normalized file as JSON lines",
  description:
    "Prints raw lines as written, and records with times in nanoseconds. --format capnp " +
    "prints the records of a window or a sealed day as Cap'n Proto messages, for `capnp " +
    "decode`. In a damaged file, prints everything before the damage, then the error (exit " +
    "code 1).",
  examples: [
    "ssmd archive cat data/normalized/demo/kraken/v1/trade/2026/08/01/02-53.capnp.zst",
    "ssmd archive cat --format capnp day.parquet | capnp decode trade-v2.capnp Trade",
    "ssmd archive cat session.jsonl.zst | head",
  ],
  flags: {
    output: choice(["json"], "json: one value per line", { default: "json" }),
    format: choice(["json", "capnp"], "json: lines; capnp: Cap'n Proto messages back to back", {
      default: "json",
    }),
  },
  args: [
    file("File on disk, compressed or plain", { placeholder: "file", required: true }),
  ],
  prints: z.union([RECORD, CAPTURE, FRAME]),
  async run({ flags: { format }, args: [path], context }) {
    if (format === "capnp") await writeMessages(path);
    else await writeLines(context, path);
  },
});

async function writeLines({ process: { stdout } }: SsmdContext, path: string): Promise<void> {
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

/** Writes the records of a normalized file as Cap'n Proto messages. */
async function writeMessages(path: string): Promise<void> {
  if (!isNormalized(path)) {
    // Report a read error first.
    await contentOf(path);
    throw new UsageError("CAT_FORMAT", `"${path}" holds no records: it has no Cap'n Proto form`, {
      hint: "Leave --format out, or name a window (.capnp.zst) or a sealed day (.parquet)",
    });
  }
  using file = await opened(path);
  const { name: key, bytes, getRange } = rangedFile(file, path);
  const { messages } = await openArchived({ getRange }, { key, bytes });
  for await (const batch of messages()) {
    const parts = [...batch];
    const block = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      block.set(part, at);
      at += part.length;
    }
    writeBytes(block);
  }
}

/** Yields records frame by frame, since a sealed day may be large; a raw file covers only a minute. */
async function* linesIn(path: string): AsyncIterable<Iterable<string>> {
  if (!isNormalized(path)) {
    yield jsonLinesOf(await contentOf(path), path);
    return;
  }
  using file = await opened(path);
  yield* jsonLinesIn(rangedFile(file, path));
}

/** Reads synchronously, so that concurrent range reads do not move each other's file position. */
function rangedFile(file: Deno.FsFile, path: string): RangedFile {
  const getRange = (_name: string, start: number, end: number) => {
    file.seekSync(start, Deno.SeekMode.Start);
    return Promise.resolve(bytesOf(file, end - start));
  };
  return { name: path, bytes: file.statSync().size, getRange };
}

/** Returns true for a sealed day, or a file that begins with the skippable lineage frame. */
function isNormalized(path: string): boolean {
  if (path.endsWith(".parquet")) return true;
  try {
    using file = Deno.openSync(path);
    const [kind, second, third, fourth] = bytesOf(file, 4);
    return ((kind ?? 0) & 0xF0) === 0x50 && second === 0x2A && third === 0x4D && fourth === 0x18;
  } catch {
    // The read itself reports the error.
    return false;
  }
}

function bytesOf(file: Deno.FsFile, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  let filled = 0;
  while (filled < count) {
    const read = file.readSync(bytes.subarray(filled));
    if (read === null) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}

async function opened(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function contentOf(path: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): ArchiveError {
  const absent = systemCodeOf(error) === "ENOENT";
  const message = absent
    ? `There is no file "${path}".`
    : `"${path}" cannot be read: ${messageOf(error)}.`;
  return new ArchiveError(absent ? "FILE_NOT_FOUND" : "FILE_UNREADABLE", message, {
    hint: "Name a raw (.jsonl.zst) or normalized (.capnp.zst, .parquet) file on disk",
    cause: error,
  });
}
