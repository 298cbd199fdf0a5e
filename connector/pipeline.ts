import type { Buffer } from "node:buffer";
import { Encoder } from "@ssmd/codec";
import { escapeToken, type MarketEvent, subjectOf } from "@ssmd/market";
import { type Normalized, type Translator, unreadableReason } from "@ssmd/exchanges";
import type { OutMessage } from "@ssmd/transport";

/** A line on its way through the connector: what the spool holds of it, already parsed. */
export interface PendingLine {
  slot: number;
  atUs: number;
  kind: "frame" | "unreadable" | "event";
  /** Parsed frame. */
  json?: unknown;
  /** Source text of a frame; reason of an unreadable one; name of an event. */
  text: string;
  /** Why an event happened. */
  why?: string;
  /** `resumed` only, µs. */
  fromUs?: number;
  /** Bytes of an unreadable frame. */
  bytes?: Uint8Array;
}

/** What the pipeline hands on. */
export interface PipelineOutput {
  /** A record, encoded. */
  publish(message: OutMessage, event: MarketEvent): void;
  /** What a line meant beside its records: frames to send, notices. */
  meaning(line: PendingLine, result: Normalized, id: string): void;
}

/** Options of {@linkcode Pipeline}. */
export interface PipelineOptions {
  env: string;
  feed: string;
  run: string;
  /** By slot, from 1. */
  translators: readonly Translator[];
  output: PipelineOutput;
  /** Number of the last line already processed; default 0. */
  line?: number;
}

/** Longest part of an unreadable frame that is dead-lettered; the whole is in raw. */
const DEAD_LETTER_BYTES_MAX = 64 * 1024;

/**
 * From durable lines to records on the bus: translate, number, encode, name. The same lines give
 * the same messages with the same ids, live and in recovery.
 */
export class Pipeline {
  #env: string;
  #feed: string;
  #run: string;
  #translators: readonly Translator[];
  #output: PipelineOutput;
  #encoder = new Encoder();
  #subjects = new Map<string, string>();
  #line: number;
  #lastId = "";

  /** Continues after line `line` of `run`. */
  constructor(options: PipelineOptions) {
    this.#env = options.env;
    this.#feed = options.feed;
    this.#run = options.run;
    this.#translators = options.translators;
    this.#output = options.output;
    this.#line = options.line ?? 0;
  }

  /** Id of the last message given; "" = none yet. */
  get lastId(): string {
    return this.#lastId;
  }

  /** Takes the next line of the run. */
  process(line: PendingLine): void {
    const translator = this.#translators[line.slot - 1];
    this.#line++;
    if (!translator) return;
    const result = translate(translator, line);
    const events = result.events;
    let index = 0;
    for (; index < events.length; index++) {
      const event = events[index] as MarketEvent;
      this.#give(this.#subjectOf(event), this.#encoder.encode(event), index, event);
    }
    if (result.send.length > 0 || result.notice) {
      this.#output.meaning(line, result, `${this.#run}-${this.#line}-${index}`);
    }
  }

  #give(subject: string, payload: Uint8Array, index: number, event: MarketEvent): void {
    this.#lastId = `${this.#run}-${this.#line}-${index}`;
    this.#output.publish({ subject, payload, id: this.#lastId }, event);
  }

  #subjectOf(event: MarketEvent): string {
    const key = event.type + event.symbol;
    let subject = this.#subjects.get(key);
    if (subject === undefined) {
      subject = subjectOf(this.#env, this.#feed, event.type, event.symbol);
      this.#subjects.set(key, subject);
    }
    return subject;
  }
}

/** A frame that cannot be translated, as a line. */
export function unreadableLine(slot: number, atUs: number, bytes: Buffer): PendingLine {
  return { slot, atUs, kind: "unreadable", text: unreadableReason(bytes), bytes };
}

function translate(translator: Translator, line: PendingLine): Normalized {
  if (line.kind === "frame") return translator.frame(line.json, line.text, line.atUs);
  if (line.kind === "unreadable") return translator.unreadable(line.text, line.atUs);
  const event = { name: line.text, why: line.why ?? "" };
  const given = line.fromUs === undefined ? event : { ...event, fromUs: line.fromUs };
  return { events: translator.event(given, line.atUs), send: [] };
}

/** A frame that could not be read, with the reason, for `{env}.dlq.connector`. */
export function deadLetter(
  env: string,
  feed: string,
  line: PendingLine,
  reason: string,
  id: string,
): OutMessage {
  const bytes = line.bytes ?? new TextEncoder().encode(line.text);
  const kept = bytes.subarray(0, DEAD_LETTER_BYTES_MAX);
  const letter = {
    feed,
    received_at_ns: `${line.atUs}000`,
    reason,
    bytes: bytes.length,
    frame_base64: kept.toBase64(),
    truncated: kept.length < bytes.length,
  };
  const payload = new TextEncoder().encode(JSON.stringify(letter));
  return { subject: `${escapeToken(env)}.dlq.connector`, payload, id };
}
