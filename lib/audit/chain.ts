import { createHash } from "node:crypto";
import { z } from "zod";
import { AUDIT_CATEGORIES, type AuditEvent } from "./event.ts";

/** Link before the first event. */
export const GENESIS = "0".repeat(64);

const HASH = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * An event in its chain. `link` hashes the previous link with position, time, category and the hash
 * of the event's text, so the text can expire while the chain stays verifiable.
 */
export const CHAIN_LINE = z.strictObject({
  position: z.int().min(1),
  at: z.string(),
  category: z.enum(AUDIT_CATEGORIES),
  content: HASH.describe("SHA-256 of the text of the event"),
  link: HASH,
  event: z.string().optional().describe("The event as JSON; absent = its retention is over"),
});

/** One of {@linkcode CHAIN_LINE}. */
export type ChainLine = z.output<typeof CHAIN_LINE>;

/** Returns the line of an event that follows the link `before`. */
export function chainLine(before: string, event: AuditEvent): ChainLine & { event: string } {
  const text = JSON.stringify(
    event,
    (_, value) => typeof value === "string" ? clean(value) : value,
  );
  const { position, at, category } = event;
  const head = { position, at, category, content: sha256(text) };
  return { ...head, link: linkOf(before, head), event: text };
}

/** Replaces characters that databases cannot store in JSON text; callers may send them. */
function clean(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\ufffd");
}

/** Returns the expected link of a line after the link `before`. */
export function linkOf(before: string, line: Omit<ChainLine, "link" | "event">): string {
  const { position, at, category, content } = line;
  return sha256([before, position, at, category, content].join("\n"));
}

/** SHA-256, hex. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
