/** Signals from source text, and records as batches, for hosts. @module */
import { Encoder } from "@ssmd/codec";
import type { MarketEvent } from "@ssmd/market";
import type { Param } from "../engine/signal.ts";
import { BatchWriter } from "../host/frames.ts";
import type { HostedSignal } from "../host/load_signal.ts";
import { linkSignal } from "../source/link_signal.ts";

const LIBRARY = new URL("../library/", import.meta.url);

/** Returns a library signal in host form. */
export async function librarySignal(
  id: string,
  params: Readonly<Record<string, Param>> = {},
): Promise<HostedSignal> {
  return { ...await textSignal(id, await Deno.readTextFile(new URL(`${id}.ts`, LIBRARY))), params };
}

/** Returns a signal from one source text. */
export async function textSignal(id: string, source: string): Promise<HostedSignal> {
  const { code, sourceHash } = await linkSignal(`${id}.ts`, () => Promise.resolve(source));
  return { id, code, sourceHash, params: {} };
}

/** Returns an unchecked signal: its code goes to the host as is. */
export function rawSignal(id: string, code: string): HostedSignal {
  return { id, code: `"use strict"; ${code}`, sourceHash: id, params: {} };
}

/** Splits records into batches that end with watermarks of all feeds; positions count records. */
export function batchesOf(records: readonly MarketEvent[], size: number): Uint8Array[] {
  const encoder = new Encoder();
  const writer = new BatchWriter();
  const batches: Uint8Array[] = [];
  const feeds = new Set(records.map(({ feed }) => feed));
  for (let at = 0; at < records.length; at += size) {
    const part = records.slice(at, at + size);
    for (const record of part) writer.addRecord(record.type, encoder.encode(record));
    const timeUs = part.at(-1)?.receivedAtUs ?? 0;
    for (const feed of feeds) writer.addWatermark({ feed, timeUs });
    batches.push(writer.finish(at + part.length));
  }
  return batches;
}
