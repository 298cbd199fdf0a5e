import assert from "node:assert/strict";
import fc from "fast-check";
import type { FrameMeta } from "./frame_meta.ts";
import { SocketWriter } from "./socket_writer.ts";
import { isDroppable, TYPE_INDEX } from "./type_bits.ts";

const BYTES_MAX = 4 * 1024;
/** Shared by several messages, and larger than a piece of a backlog: an eighth of the above. */
const MEMORY_BYTES = 1500;

interface Given {
  meta: FrameMeta<string>;
  text: string;
}

interface Push {
  type: number;
  isSnapshot: boolean;
  book: string;
  bytes: number;
  /** Whether the message before it in the shared memory went to somebody else. */
  isScattered: boolean;
}

type Step = { push: Push } | { room: number } | "written";

const push = fc.record({
  type: fc.constantFrom(...Object.values(TYPE_INDEX)),
  isSnapshot: fc.boolean(),
  book: fc.constantFrom("A", "B", "C"),
  bytes: fc.integer({ min: 1, max: 200 }),
  isScattered: fc.nat({ max: 9 }).map((n) => n === 0),
}).map((given): Step => ({ push: given }));
const room = fc.integer({ min: 0, max: 3000 }).map((bytes): Step => ({ room: bytes }));
const step = fc.oneof(
  { arbitrary: push, weight: 12 },
  { arbitrary: room, weight: 1 },
  { arbitrary: fc.constant<Step>("written"), weight: 1 },
);

/** What is left of what waits, and the markets whose books broke: the rule of `makeRoom`, plainly. */
function expected(waiting: readonly Given[], bytesNow: number, bytesMax: number) {
  const broken = new Set<string>();
  let bytes = bytesNow;
  const left = waiting.filter(({ meta }) => {
    const { type, isSnapshot, subject = "" } = meta;
    if (!isDroppable(type)) return true;
    const isBook = type === TYPE_INDEX.orderbook;
    if (isBook && isSnapshot && bytes <= bytesMax) broken.delete(subject);
    const goes = bytes > bytesMax || isBook && broken.has(subject);
    if (goes && isBook) broken.add(subject);
    if (goes) bytes -= meta.bytes;
    return !goes;
  });
  return { left, broken };
}

Deno.test("what makes room are the oldest records and what follows on a dropped change of a book, nothing else", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: "max" }), (steps) => {
      const written: string[] = [];
      let done: (() => void) | undefined;
      const sink = {
        heldBytes: 0,
        write(bytes: Uint8Array, callback: () => void) {
          written.push(new TextDecoder().decode(bytes));
          done = callback;
        },
      };
      const owner = { onWritten: () => {}, takeNotice: () => undefined };
      const writer = new SocketWriter<string>(sink, owner, BYTES_MAX);
      let waiting: Given[] = [];
      let number = 0;
      let memory = new Uint8Array(0);
      let end = 0;
      /** What was handed to the socket waits no more. */
      const handed = () => {
        let texts = written.splice(0).join("");
        while (texts.length > 0) {
          const [first] = waiting.splice(0, 1);
          assert.ok(first !== undefined && texts.startsWith(first.text));
          texts = texts.slice(first.text.length);
        }
      };
      const finish = () => {
        const callback = done;
        done = undefined;
        callback?.();
        handed();
      };
      for (const one of steps) {
        if (one === "written") finish();
        else if ("push" in one) {
          const { type, isSnapshot, book, bytes, isScattered } = one.push;
          const text = `${number++};`.padStart(bytes, ".");
          const meta = { bytes: text.length, type, isSnapshot, subject: book };
          waiting.push({ meta, text });
          if (end + text.length >= memory.length) [memory, end] = [new Uint8Array(MEMORY_BYTES), 0];
          const start = end + Number(isScattered);
          end = start + new TextEncoder().encodeInto(text, memory.subarray(start)).written;
          writer.push(memory, start, meta);
          if (number % 3 === 0) writer.flush();
          handed();
        } else {
          writer.flush();
          handed();
          const dropped: FrameMeta<string>[] = [];
          const { left, broken } = expected(waiting, writer.bytes, one.room);
          const lost = waiting.filter((each) => !left.includes(each)).map(({ meta }) => meta);
          assert.deepEqual(
            writer.makeRoom(one.room, Infinity, (meta) => dropped.push(meta)),
            broken,
          );
          assert.deepEqual(dropped, lost);
          waiting = left;
        }
      }
      writer.flush();
      handed();
      while (done !== undefined) finish();
      assert.deepEqual(waiting, []);
      assert.equal(writer.bytes, 0);
      assert.equal(writer.messages, 0);
    }),
    { numRuns: 1000 },
  );
});
