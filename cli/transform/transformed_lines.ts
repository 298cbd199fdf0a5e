import type { TransformOutput } from "@ssmd/market";
import type { TransformSession } from "@ssmd/transforms";

/** Lines of one request to the transform. */
const BATCH_LINES = 500;
const UTF8 = new TextEncoder();

/** What came of records, in figures. */
interface TransformCounts {
  records: number;
  /** Records that the transform gave nothing for. */
  skipped: number;
  /** Records whose line says why there is no output. */
  errors: number;
}

/** A record with what the transform made of it. */
export interface TransformedRecord {
  record: Record<string, unknown>;
  output: TransformOutput;
}

/** Outputs of records that are lines of JSON, in order. Throws SsmdError as the session's `run`. */
export async function* transformedRecords(
  lines: AsyncIterable<readonly string[]>,
  session: TransformSession,
): AsyncGenerator<TransformedRecord, void> {
  for await (const each of lines) {
    for (let at = 0; at < each.length; at += BATCH_LINES) {
      const batch = each.slice(at, at + BATCH_LINES);
      const records = batch.map((line) => JSON.parse(line) as Record<string, unknown>);
      const outputs = await session.run(records);
      for (const [i, output] of outputs.entries()) yield { record: records[i] ?? {}, output };
    }
  }
}

/** The bytes of a file as a transform makes it of one with a record a line. */
export async function* transformedBytes(
  bytes: AsyncIterable<Uint8Array>,
  session: TransformSession,
  counts: TransformCounts,
): AsyncGenerator<Uint8Array, void> {
  for await (const { record, output } of transformedRecords(linesOf(bytes), session)) {
    counts.records++;
    if ("skip" in output) counts.skipped++;
    if ("error" in output) counts.errors++;
    const made = bytesOf(record, output);
    if (made !== undefined) yield made;
  }
}

/** Lines of bytes that come in any pieces. */
export async function* linesOf(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly string[], void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield lines.filter((line) => line !== "");
  }
  if (rest !== "") yield [rest];
}

/** Text and JSON end with a line's end, bytes are as they are; an error is a line of JSON. */
function bytesOf(
  { type, feed, symbol, seq }: Record<string, unknown>,
  output: TransformOutput,
): Uint8Array | undefined {
  if ("skip" in output) return undefined;
  if ("base64" in output) {
    return Uint8Array.from(atob(output.base64), (char) => char.charCodeAt(0));
  }
  if ("text" in output) return UTF8.encode(`${output.text.replace(/\n$/, "")}\n`);
  const value = "json" in output
    ? output.json
    : { transform_error: output.error, type, feed, symbol, seq };
  return UTF8.encode(`${JSON.stringify(value)}\n`);
}
