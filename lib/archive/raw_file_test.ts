import { buildRawFile, frameLine } from "./testing/raw_file.ts";
import assert from "node:assert/strict";
import fc from "fast-check";
import { ArchiveError } from "@ssmd/runtime";
import { CAPTURE, hasProgram } from "./_fixtures.ts";
import { binaryLine, eventLine, framesOf, type RawLine, rawLinesOf, readLineBytes } from "./mod.ts";

const UTF8 = new TextEncoder();
const AT = 1_785_552_833_000_000;
const KEY = "raw/test/kraken/2026/08/01/02/53-0.jsonl.zst";

function lines(count: number, pad = 200): Uint8Array {
  let text = eventLine(AT, "connect", "first");
  for (let i = 0; i < count; i++) {
    text += frameLine(
      AT + i,
      `{"i":${i},"p":"${(i * 2654435761 % 1e9).toString(36).padEnd(pad, "ä")}"}`,
    );
  }
  return UTF8.encode(text + binaryLine(AT + count, new Uint8Array([1, 10, 255])));
}

function whatIsWhole(file: Uint8Array): { read: RawLine[]; error?: ArchiveError } {
  const read: RawLine[] = [];
  try {
    for (const line of rawLinesOf(file, KEY)) read.push(line);
  } catch (error) {
    assert.ok(error instanceof ArchiveError, String(error));
    return { read, error };
  }
  return { read };
}

Deno.test("a raw file gives back every line in order and counts them by kind", () => {
  const chunk = lines(12_000);
  const file = buildRawFile(CAPTURE, [chunk, lines(3)]);
  assert.deepEqual(file.counts, { frames: 12_003, binary: 2, events: 2 });
  assert.deepEqual([file.firstUs, file.lastUs], [AT, AT + 12_000]);
  const { read, error } = whatIsWhole(file.bytes);
  assert.equal(error, undefined);
  assert.deepEqual(read[0], { kind: "capture", info: CAPTURE });
  assert.equal(read.length, 1 + 12_003 + 4);
  assert.ok(framesOf(file.bytes).frames.length > 2, "several independent frames");
});

Deno.test("however the lines are cut into chunks, the same lines come back", () => {
  const one = lines(2_000, 1500);
  const expected = whatIsWhole(buildRawFile(CAPTURE, [one]).bytes).read;
  fc.assert(
    fc.property(fc.array(fc.nat(one.length), { maxLength: 5 }), (offsets) => {
      const cuts = offsets.map((at) => one.indexOf(10, at) + 1).filter((at) => at > 0)
        .sort((a, b) => a - b);
      const chunks = [0, ...cuts].map((at, i) => one.subarray(at, cuts[i] ?? one.length));
      const { read } = whatIsWhole(buildRawFile(CAPTURE, chunks, 1).bytes);
      assert.deepEqual(read, expected);
    }),
    { numRuns: 8 },
  );
});

Deno.test("a line longer than a zstd frame stays whole", () => {
  const long = frameLine(AT, JSON.stringify("x".repeat(3 << 20)));
  const text = frameLine(AT, "1") + long + frameLine(AT, "2");
  const { read } = whatIsWhole(buildRawFile(CAPTURE, [UTF8.encode(text)]).bytes);
  assert.deepEqual(read.map((line) => line.kind === "frame" ? line.text.length : 0), [
    0,
    1,
    (3 << 20) + 2,
    1,
  ]);
});

Deno.test("one flipped bit or one cut byte anywhere is found, and what stands before is given", () => {
  const file = buildRawFile(CAPTURE, [lines(9_000)]);
  const all = whatIsWhole(file.bytes).read;
  const check = (corrupt: Uint8Array, at: number, what: string) => {
    const { read, error } = whatIsWhole(corrupt);
    assert.ok(error !== undefined, `${what} at ${at} is found`);
    assert.ok(error.message.includes(KEY), error.message);
    assert.deepEqual(read, all.slice(0, read.length), `${what} at ${at} gives no wrong line`);
    const frame = framesOf(file.bytes).frames.findIndex((f) => at < f.end);
    if (frame > 0) assert.ok(read.length > 0, "the frames before it are read");
  };
  fc.assert(
    fc.property(fc.nat(file.bytes.length - 1), fc.nat(7), (at, bit) => {
      const flipped = file.bytes.slice();
      flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
      // Bits without meaning (unused in a frame's header) may change without a wrong line.
      const { read, error } = whatIsWhole(flipped);
      if (error === undefined) assert.deepEqual(read, all);
      else check(flipped, at, "a flipped bit");
    }),
    { numRuns: 60 },
  );
  check(file.bytes.subarray(0, file.bytes.length - 1), file.bytes.length - 1, "a cut byte");
  const inside = new Uint8Array([...file.bytes.subarray(0, 500), ...file.bytes.subarray(501)]);
  check(inside, 500, "a byte taken out");
});

Deno.test({
  name: "the zstd tool reads a raw file and agrees on its text",
  ignore: !hasProgram("zstd"),
  fn: async () => {
    const file = buildRawFile(CAPTURE, [lines(9_000)]);
    const zstd = new Deno.Command("zstd", { args: ["-dc"], stdin: "piped", stdout: "piped" })
      .spawn();
    const writer = zstd.stdin.getWriter();
    const written = writer.write(file.bytes as Uint8Array<ArrayBuffer>).then(() => writer.close());
    const { stdout, success } = await zstd.output();
    await written;
    assert.ok(success);
    assert.deepEqual([...rawLinesOf(stdout, "plain")], whatIsWhole(file.bytes).read);
  },
});

Deno.test("lines of any length and content end where their line feed is", () => {
  // Of bytes that differ from a line feed in one bit, and of others around it.
  const character = fc.constantFrom("\t", "\v", "\u000e", "*", "J", "\u008a", "Ċ", "\u0a0a", "x");
  const texts = fc.array(fc.string({ unit: character, maxLength: 40 }), { maxLength: 60 });
  fc.assert(fc.property(texts, fc.boolean(), (texts, isPlain) => {
    const chunk = UTF8.encode(
      eventLine(AT, "connect", "") +
        texts.map((text, i) => frameLine(AT + i, `"${text}"`)).join(""),
    );
    const built = buildRawFile(CAPTURE, [chunk]).bytes;
    const file = isPlain ? chunk : built;
    const read: RawLine[] = [];
    readLineBytes(file, KEY, (line) => {
      if (line.kind !== "line") return read.push(line);
      const { atUs, lines, start, end } = line;
      return read.push({ kind: "frame", atUs, text: lines.toString("utf8", start, end) });
    });
    assert.deepEqual(read, [...rawLinesOf(file, KEY)]);
  }));
});
