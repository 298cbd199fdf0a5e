import assert from "node:assert/strict";
import fc from "fast-check";
import { RecentRecords } from "./recent_records.ts";

interface Held {
  subject: string;
  payload: Uint8Array;
  position: number;
  receivedAtUs: number;
}

function heldAfter(records: RecentRecords, position: number): Omit<Held, "receivedAtUs">[] {
  const all: Omit<Held, "receivedAtUs">[] = [];
  records.forEachAfter(position, (subject, payload, at) => {
    all.push({ subject, payload: new Uint8Array(payload), position: at });
    return true;
  });
  return all;
}

const MESSAGES = fc.array(
  fc.record({
    bytes: fc.oneof(fc.nat(64), fc.integer({ min: 10_000, max: 70_000 })),
    subject: fc.nat(3),
    skipped: fc.nat(2),
    backUs: fc.nat(5),
    repeated: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, fc.nat(1500)),
  }),
  { maxLength: 20 },
);

Deno.test("RecentRecords holds the newest records as a plain list would, within both limits", () => {
  fc.assert(
    fc.property(
      fc.record({
        messages: MESSAGES,
        messagesMax: fc.integer({ min: 1, max: 2000 }),
        bytesMax: fc.integer({ min: 1, max: 300_000 }),
      }),
      ({ messages, messagesMax, bytesMax }) => {
        const records = new RecentRecords({ messagesMax, bytesMax });
        records.start(1_000_000, 0);
        let held: Held[] = [];
        let sequence = 0;
        for (const { bytes, subject, skipped, backUs, repeated } of messages) {
          for (let n = 0; n < repeated; n++) {
            sequence += 1 + skipped;
            const payload = new Uint8Array(bytes).fill(sequence);
            const message = { subject: `s${subject}`, payload, id: "", streamSequence: sequence };
            const receivedAtUs = sequence - backUs;
            const position = records.addMessage(message, receivedAtUs);
            held.push({ subject: message.subject, payload, position, receivedAtUs });
          }
          let left = held.reduce((sum, { payload }) => sum + payload.length, 0);
          const from = held.findIndex(({ payload }, i) => {
            if (left <= bytesMax && held.length - i <= messagesMax) return true;
            left -= payload.length;
            return false;
          });
          held = from < 0 ? [] : held.slice(from);
        }
        assert.equal(records.length, held.length);
        const plain = held.map(({ subject, payload, position }) => ({
          subject,
          payload,
          position,
        }));
        assert.deepEqual(heldAfter(records, 0), plain);
        for (const at of [0, held.length >> 1, held.length - 1]) {
          const { position = 0, receivedAtUs = 0 } = held[at] ?? {};
          assert.deepEqual(heldAfter(records, position), plain.slice(at < 0 ? 0 : at + 1));
          const since = held.find((each) => each.receivedAtUs >= receivedAtUs);
          const before = since === undefined ? records.position : since.position - 1;
          assert.equal(records.positionBefore(receivedAtUs), before);
        }
      },
    ),
    { numRuns: 60 },
  );
});
