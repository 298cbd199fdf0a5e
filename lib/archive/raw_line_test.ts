import { frameLine } from "./testing/raw_file.ts";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { CAPTURE } from "./_fixtures.ts";
import {
  binaryLine,
  captureLine,
  eventLine,
  parseLineBytes,
  parseRawLine,
  type RawLine,
} from "./mod.ts";

/** Any line, with its line break. */
function formatRawLine(line: RawLine): string {
  switch (line.kind) {
    case "frame":
      return frameLine(line.atUs, line.text);
    case "binary":
      return binaryLine(line.atUs, line.bytes);
    case "event":
      return eventLine(line.atUs, line.name, line.why, line);
    case "capture":
      return captureLine(line.info);
  }
}

const atUs = fc.integer({ min: 1, max: 4_102_444_800_000_000 });
const text = fc.string({ unit: "binary" });

function reread(line: RawLine): RawLine {
  const written = formatRawLine(line);
  assert.ok(written.endsWith("\n"));
  assert.equal(written.indexOf("\n"), written.length - 1, "one line");
  const parsed = parseRawLine(written.slice(0, -1));
  assert.deepEqual(readBytes(written), parsed);
  return parsed;
}

/** The same line from its bytes, which stand between others. */
function readBytes(written: string): RawLine {
  const before = Buffer.from("…}\n");
  const lines = Buffer.concat([before, Buffer.from(`${written}{"t":"1`)]);
  const line = parseLineBytes(lines, before.length, before.length + Buffer.byteLength(written) - 1);
  if (line.kind !== "line") return line;
  return { kind: "frame", atUs: line.atUs, text: lines.toString("utf8", line.start, line.end) };
}

Deno.test("any JSON frame without a line break comes back with its own bytes", () => {
  fc.assert(fc.property(atUs, fc.json(), fc.constantFrom("", " ", "\t"), (atUs, json, space) => {
    const frame = space + json.replaceAll("\n", " ") + space;
    assert.deepEqual(reread({ kind: "frame", atUs, text: frame }), {
      kind: "frame",
      atUs,
      text: frame,
    });
  }));
});

Deno.test("numbers keep the digits that the venue sent", () => {
  const frame = '{"price":0.10000000000000000000001,"b":1e5,"a":1,"a":2}';
  const line = reread({ kind: "frame", atUs: 1_702_540_800_000_123, text: frame });
  assert.deepEqual(line, { kind: "frame", atUs: 1_702_540_800_000_123, text: frame });
  assert.equal(
    frameLine(1_702_540_800_000_123, "[1]"),
    '{"t":"1702540800000123000","m":[1]}\n',
  );
});

Deno.test("a JSON frame with a line break in it is kept as base64", () => {
  const line = reread({ kind: "frame", atUs: 7, text: '{\n"a":1}' });
  assert.equal(line.kind, "binary");
  assert.equal(
    line.kind === "binary" && new TextDecoder().decode(line.bytes),
    '{\n"a":1}',
  );
});

Deno.test("any bytes come back from a binary line", () => {
  fc.assert(fc.property(atUs, fc.uint8Array({ maxLength: 300 }), (atUs, bytes) => {
    assert.deepEqual(reread({ kind: "binary", atUs, bytes }), { kind: "binary", atUs, bytes });
  }));
});

Deno.test("any event comes back, with and without the moment known to be good", () => {
  fc.assert(fc.property(atUs, text, text, fc.option(atUs), (atUs, name, why, fromUs) => {
    const event: RawLine = {
      kind: "event",
      atUs,
      name,
      why,
      ...(fromUs === null ? {} : { fromUs }),
    };
    assert.deepEqual(reread(event), event);
  }));
});

Deno.test("the capture line comes back whole", () => {
  assert.deepEqual(reread({ kind: "capture", info: CAPTURE }), { kind: "capture", info: CAPTURE });
});

Deno.test("what is no raw line is refused with a reason", () => {
  const cases: [string, RegExp][] = [
    ["", /begins neither/],
    ['{"t":"12x","m":{}}', /time is no number/],
    ['{"t":"12000","m":', /does not end/],
    ['{"t":"12000","m":}', /frame is empty/],
    ['{"t":"1702540800000123000","m":}', /frame is empty/],
    ['{"t":"17025408000001230x0","m":{}}', /time is no number/],
    ['{"t":"12000","x":"%%"}', /base64/],
    ['{"t":"12000","q":1}', /neither m, x nor e/],
    ['{"t":"12000","e":"disconnect","why"}', /no JSON/],
    ['{"_capture":{}}', /missing/],
  ];
  for (const [line, why] of cases) {
    const error = { code: "RAW_LINE_INVALID", message: why };
    assert.throws(() => parseRawLine(line), error, line);
    assert.throws(() => readBytes(`${line}\n`), error, line);
  }
});
