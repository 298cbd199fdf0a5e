import assert from "node:assert/strict";
import fc from "fast-check";
import { EVENT_TYPES, type EventType, type MarketEvent } from "@ssmd/market";
import { decode, Encoder, messagesIn, SCHEMAS } from "./mod.ts";
import { readByCapnpEs, writeByCapnpEs } from "./testing/capnp_es.ts";
import { capnp, encodeText, withoutCapnp } from "./testing/capnp_tool.ts";
import { anyRecord } from "./testing/records.ts";
import { capnpTextOf, wireValuesOf } from "./testing/wire_values.ts";

/** One run of the program takes them all. */
const SAMPLES = 300;

function samplesOf(type: EventType): MarketEvent[] {
  return fc.sample<MarketEvent>(anyRecord[type], SAMPLES).map(sayable);
}

/** The program reads neither `-0.0` nor `-inf`, even where it prints them. */
function sayable<T>(value: T): T {
  if (Object.is(value, -0)) return 0 as T;
  if (value === -Infinity) return Infinity as T;
  if (Array.isArray(value)) return value.map(sayable) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => [name, sayable(inner)] as const);
  return Object.fromEntries(entries) as T;
}

function joined(parts: Uint8Array<ArrayBuffer>[]): Promise<ArrayBuffer> {
  return new Blob(parts).arrayBuffer();
}

for (const type of EVENT_TYPES) {
  const { name, text } = SCHEMAS[type];

  Deno.test(`capnp-es reads our ${type}`, () => {
    const encoder = new Encoder();
    fc.assert(fc.property(anyRecord[type], (event: MarketEvent) => {
      assert.deepEqual(readByCapnpEs(type, encoder.encode(event)), wireValuesOf(event));
    }));
  });

  Deno.test(`we read the ${type} of capnp-es`, () => {
    fc.assert(fc.property(anyRecord[type], (event: MarketEvent) => {
      assert.deepEqual(decode(type, writeByCapnpEs(type, wireValuesOf(event))), event);
    }));
  });

  Deno.test(`we read the ${type} of capnp-es in several segments`, () => {
    fc.assert(fc.property(anyRecord[type], (event: MarketEvent) => {
      const bytes = writeByCapnpEs(type, wireValuesOf(event), "several");
      assert.ok((bytes[0] ?? 0) > 0, "one segment only");
      assert.deepEqual(decode(type, bytes), event);
    }));
  });

  Deno.test({
    name: `our ${type} has the bytes of capnp encode`,
    ignore: withoutCapnp,
    fn: async () => {
      const encoder = new Encoder();
      const events = samplesOf(type);
      const theirs = await encodeText(text, name, events.map(capnpTextOf).join("\n"));
      const messages = [...messagesIn(theirs)];
      assert.equal(messages.length, events.length);
      events.forEach((event, i) => {
        assert.deepEqual(encoder.encode(event), messages[i], capnpTextOf(event));
      });
    },
  });

  Deno.test({
    name: `our ${type} goes through capnp decode and encode unchanged`,
    ignore: withoutCapnp,
    fn: async () => {
      const encoder = new Encoder();
      const events = samplesOf(type);
      const ours = new Uint8Array(await joined(events.map((event) => encoder.encode(event))));
      const printed = await capnp(["decode", "--short", "{schema}", name], text, ours);
      const back = await encodeText(text, name, new TextDecoder().decode(printed));
      assert.deepEqual([...messagesIn(back)].map((bytes) => decode(type, bytes)), events);
    },
  });

  for (const segmentWords of [1, 2, 9]) {
    Deno.test({
      name: `we read the ${type} of capnp encode in segments of ${segmentWords} words`,
      ignore: withoutCapnp,
      fn: async () => {
        const events = samplesOf(type);
        const lines = events.map(capnpTextOf).join("\n");
        const theirs = await encodeText(text, name, lines, segmentWords);
        const messages = [...messagesIn(theirs)];
        assert.ok(messages.some((bytes) => bytes[0] !== 0), "no message has two segments");
        assert.deepEqual(messages.map((bytes) => decode(type, bytes)), events);
      },
    });
  }
}
