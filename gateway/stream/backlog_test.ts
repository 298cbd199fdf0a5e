import assert from "node:assert/strict";
import { Backlog } from "./backlog.ts";
import { FrameArena } from "./frames.ts";
import { TYPE_INDEX } from "./type_bits.ts";

const MESSAGES = 20_000;
const PIECE_BYTES = 64 * 1024;

/** A backlog of one in so many of the messages of a stream, with the memory that it keeps alive. */
function waiting(oneIn: number): { bytes: number; kept: number; texts: string } {
  const arena = new FrameArena();
  const backlog = new Backlog<string>(PIECE_BYTES);
  for (let i = 0; i < MESSAGES; i++) {
    arena.appendText(`${i}`.padStart(100, "."));
    if (i % oneIn !== 0) continue;
    const meta = { type: TYPE_INDEX.trade, isSnapshot: false, subject: "A" };
    backlog.add(arena.buffer, arena.start, { ...meta, bytes: arena.end - arena.start });
  }
  const { bytes } = backlog;
  const memories = new Set<ArrayBufferLike>();
  let texts = "";
  for (let piece = backlog.take(); piece !== undefined; piece = backlog.take()) {
    assert.ok(piece.bytes.length <= PIECE_BYTES);
    memories.add(piece.bytes.buffer);
    texts += new TextDecoder("latin1").decode(piece.bytes);
  }
  const kept = [...memories].reduce((sum, { byteLength }) => sum + byteLength, 0);
  return { bytes, kept, texts };
}

for (const oneIn of [1, 2, 10, 1000]) {
  Deno.test(`who waits for one in ${oneIn} messages keeps little more memory alive than that`, () => {
    const { bytes, kept, texts } = waiting(oneIn);
    const numbers = [...texts.matchAll(/\.(\d+)/g)].map(([, number]) => Number(number));
    assert.equal(numbers.length, MESSAGES / oneIn);
    numbers.forEach((number, i) => assert.equal(number, i * oneIn));
    assert.ok(kept < bytes * 1.5 + 3 * PIECE_BYTES, `${kept} bytes for ${bytes}`);
  });
}

Deno.test("two that wait for the same messages share their memory", () => {
  const arena = new FrameArena();
  const backlogs = [new Backlog<string>(PIECE_BYTES), new Backlog<string>(PIECE_BYTES)];
  for (let i = 0; i < MESSAGES; i++) {
    arena.appendText(`${i}`);
    const meta = { type: TYPE_INDEX.trade, isSnapshot: false, subject: "A" };
    const known = { ...meta, bytes: arena.end - arena.start };
    for (const backlog of backlogs) backlog.add(arena.buffer, arena.start, known);
  }
  const [one, other] = backlogs.map((backlog) => backlog.take()?.bytes.buffer);
  assert.ok(one !== undefined && one === other);
});
