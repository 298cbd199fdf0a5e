import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { FrameArena, textFrame } from "./frames.ts";
import { SocketWriter } from "./socket_writer.ts";

/** Texts of the frames in `bytes`, read as RFC 6455 says. */
function textsOf(bytes: Uint8Array): string[] {
  const texts: string[] = [];
  const buffer = Buffer.from(bytes);
  for (let at = 0; at < buffer.length;) {
    assert.equal(buffer[at], 0x81);
    let length = buffer[at + 1] as number;
    let header = 2;
    if (length === 126) [length, header] = [buffer.readUInt16BE(at + 2), 4];
    else if (length === 127) [length, header] = [Number(buffer.readBigUInt64BE(at + 2)), 10];
    texts.push(buffer.toString("utf8", at + header, at + header + length));
    at += header + length;
  }
  return texts;
}

function metaOf({ start, end }: FrameArena) {
  return { bytes: end - start, type: 0, isSnapshot: false, subject: "A" };
}

const EDGES = [0, 1, 125, 126, 127, 65_535, 65_536, 300_000].flatMap((n) => [
  "x".repeat(n),
  "é".repeat(n / 2),
]);

Deno.test("frames hold their text whole at every length that changes the header", () => {
  const arena = new FrameArena();
  for (const text of EDGES) {
    arena.appendText(text);
    assert.deepEqual(textsOf(arena.buffer.subarray(arena.start, arena.end)), [text]);
    assert.deepEqual(textsOf(textFrame(text)), [text]);
  }
});

Deno.test("a socket writer gives out everything once and in order, however slow the socket is", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("push" as const), text: fc.string({ maxLength: 300 }) }),
    fc.constant({ do: "skip" as const }),
    fc.constant({ do: "flush" as const }),
    fc.constant({ do: "written" as const }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const arena = new FrameArena();
    const written: Uint8Array[] = [];
    let done: (() => void) | undefined;
    let idle = 0;
    const sink = {
      heldBytes: 0,
      write(bytes: Uint8Array, callback: () => void) {
        assert.equal(done, undefined, "one write at a time");
        written.push(bytes.slice());
        done = callback;
      },
    };
    const writer = new SocketWriter<string>(
      sink,
      { onWritten: () => idle++, takeNotice: () => undefined },
      4 * 1024 * 1024,
    );
    const pushed: string[] = [];
    const finish = () => {
      const callback = done;
      done = undefined;
      callback?.();
    };
    for (const one of steps) {
      if (one.do === "push" || one.do === "skip") {
        arena.appendText(one.do === "push" ? one.text : "for somebody else");
        if (one.do === "skip") continue;
        writer.push(arena.buffer, arena.start, metaOf(arena));
        pushed.push(one.text);
      } else if (one.do === "flush") writer.flush();
      else finish();
    }
    writer.flush();
    while (done !== undefined) finish();
    assert.deepEqual(textsOf(Buffer.concat(written)), pushed);
    assert.equal(writer.bytes, 0);
    assert.equal(idle > 0, pushed.length > 0);
  }));
});
