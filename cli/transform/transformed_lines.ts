import type { TransformOutput } from "@ssmd/market";
import type { TransformSession } from "@ssmd/transforms";

/** Maximum number of lines per request to the transform. */
const BATCH_LINES = 500;
const UTF8 = new TextEncoder();

/** Counts of transformed records. */
interface TransformCounts {
  records: number;
  /** Records without output. */
  skipped: number;
  /** Records whose output is an error line. */
  errors: number;
}

/** Record with its transform output. */
export interface TransformedRecord {
  record: Record<string, unknown>;
  output: TransformOutput;
}

/** Transforms records given as JSON lines, in order. Throws SsmdError like the session's `run`. */
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

/** Transforms the bytes of a JSON lines file, one record per line. */
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

/** Splits byte chunks into lines. */
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

/** Text and JSON end with a line break, bytes are verbatim; an error becomes a JSON line. */
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
