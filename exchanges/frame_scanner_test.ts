import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { LIMITS } from "@ssmd/runtime";
import { FrameScanner } from "./frame_scanner.ts";
import { literal } from "./literal.ts";

const BEGIN = literal("n=");
const COMMA = literal(",");

/** Reads `n=1,2,3`. */
class NumbersScanner extends FrameScanner {
  protected read(): boolean {
    if (!this.bytes.take(BEGIN)) return false;
    const head = this.leave(1);
    for (let count = 1;; count++) {
      if (!this.bytes.count()) return false;
      this.put(this.bytes.digits);
      this.tape[head] = count;
      if (!this.bytes.take(COMMA)) return true;
    }
  }

  numbersAt(offset: number): number[] {
    const count = this.tape[offset] as number;
    return [...this.tape.subarray(offset + 1, offset + 1 + count)];
  }
}

Deno.test("frames wait on the tape until each is taken, one of another shape leaves nothing", () => {
  const scanner = new NumbersScanner();
  const first = scanner.scan(Buffer.from("n=1,2"));
  assert.equal(scanner.scan(Buffer.from("n=7,8,x")), -1);
  assert.equal(scanner.scan(Buffer.from("n=7 ")), -1);
  const second = scanner.scan(Buffer.from("n=3"));
  assert.deepEqual(scanner.numbersAt(first), [1, 2]);
  scanner.done();
  const third = scanner.scan(Buffer.from("n=4,5,6"));
  assert.deepEqual(scanner.numbersAt(second), [3]);
  assert.deepEqual(scanner.numbersAt(third), [4, 5, 6]);
  scanner.done();
  scanner.done();
  assert.equal(scanner.scan(Buffer.from("n=9")), 0);
});

Deno.test("the tape grows with what waits, and is short again after it", () => {
  const scanner = new NumbersScanner();
  const frame = Buffer.from(`n=${Array.from({ length: 1000 }, (_, i) => i)}`);
  const places = Array.from({ length: 400 }, () => scanner.scan(frame));
  for (const offset of places) assert.equal(scanner.numbersAt(offset).at(-1), 999);
  assert.ok(scanner.tape.length > 400_000);
  for (const _ of places) scanner.done();
  assert.ok(scanner.tape.length < 10_000);
});

Deno.test("a frame over the limit is not scanned", () => {
  const text = `n=1${",1".repeat(LIMITS.frameBytesMax / 2)}`;
  assert.equal(new NumbersScanner().scan(Buffer.from(text)), -1);
});
