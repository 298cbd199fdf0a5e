import { messageOf } from "@ssmd/runtime";
import { z } from "zod";

/** Message body on `{env}.dlq.{component}`. */
const PAYLOAD = z.object({
  /** Feed id; "" when unknown. */
  feed: z.string(),
  reason: z.string(),
  /** Receive time of a frame, ns; absent for records. */
  received_at_ns: z.string().regex(/^\d+$/).optional(),
  /** Intended subject of a record; absent for frames. */
  subject: z.string().default(""),
  /** Full length, bytes. */
  bytes: z.int(),
  frame_base64: z.string().optional(),
  record_base64: z.string().optional(),
  /** Whether the kept bytes were cut off. */
  truncated: z.boolean(),
});

/** A frame or record that a service could not process, and why. */
export const LETTER = z.object({
  id: z.string(),
  component: z.string().describe("Component that could not process it"),
  feed: z.string().describe("Empty = it names none"),
  kind: z.enum(["frame", "record"]),
  reason: z.string(),
  subject: z.string().describe("Destination of a record; empty for a frame"),
  received_us: z.int().describe("µs since 1970; of a record: when the letter came"),
  bytes: z.int().describe("Total length"),
  truncated: z.boolean(),
  base64: z.string().describe("At most its first 64 KiB"),
});

/** A dead letter; see {@linkcode LETTER}. */
export type Letter = z.output<typeof LETTER>;

/** Parses a message of `{env}.dlq.>`; an unreadable message becomes a letter about itself. */
export function letterOf(
  { subject, payload, id }: { subject: string; payload: Uint8Array; id: string },
  nowUs: number,
): Letter {
  const component = subject.split(".").at(-1) ?? "";
  try {
    const { frame_base64: frame, record_base64: record, received_at_ns: ns, ...rest } = PAYLOAD
      .parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload)));
    return {
      ...{ ...rest, id, component, kind: frame === undefined ? "record" : "frame" },
      received_us: ns === undefined ? nowUs : Number(BigInt(ns) / 1000n),
      base64: frame ?? record ?? "",
    };
  } catch (error) {
    return {
      ...{ id, component, feed: "", kind: "record", subject, truncated: false },
      reason: `the letter itself cannot be read: ${messageOf(error)}`,
      ...{ received_us: nowUs, bytes: payload.length, base64: payload.toBase64() },
    };
  }
}
