import { z } from "zod";

/** Categories of events, and how many days their content is kept. */
export const AUDIT_RETENTION_DAYS = {
  "entitlement-changes": 7 * 366,
  "security-events": 7 * 366,
  "client-actions": 2 * 366,
  "config-changes": 2 * 366,
  "operations": 2 * 366,
  "data-access": 90,
} as const;

/** Category of an event. */
export type AuditCategory = keyof typeof AUDIT_RETENTION_DAYS;

/** All categories. */
export const AUDIT_CATEGORIES = Object.keys(AUDIT_RETENTION_DAYS) as [
  AuditCategory,
  ...AuditCategory[],
];

/** `refused` = not executed, for a known reason; `failed` = failed during execution. */
export const AUDIT_OUTCOMES = ["done", "refused", "failed"] as const;

/** Details of an event; never a secret. */
const METADATA = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.null()]),
);

/** An event as written by every service, route and command. */
export const AUDIT_EVENT = z.strictObject({
  position: z.int().min(1).describe("1, 2, 3, … without gaps"),
  at: z.string().describe(
    "ISO 8601 in UTC with microseconds; never earlier than the previous event",
  ),
  category: z.enum(AUDIT_CATEGORIES),
  actor: z.string().describe("Client, or user@host, or address of a caller without a key"),
  action: z.string().describe("Command or operation, like client disable"),
  target: z.string().describe("Object of the action; empty = the environment itself"),
  outcome: z.enum(AUDIT_OUTCOMES),
  reason: z.string().describe("Code of the error; empty = done"),
  metadata: METADATA,
});

/** One event of the log. */
export type AuditEvent = z.output<typeof AUDIT_EVENT>;

/** An event before the log assigns time and position. */
export type AuditDraft = Omit<AuditEvent, "position" | "at">;

/** Event filter; absent fields match all. */
export interface AuditFilter {
  actor?: string | undefined;
  action?: string | undefined;
  category?: AuditCategory | undefined;
  outcome?: AuditEvent["outcome"] | undefined;
  /** Start (inclusive), ISO 8601 time or day. */
  from?: string | undefined;
  /** End (inclusive), ISO 8601 time or whole day. */
  to?: string | undefined;
}

/** Returns whether an event matches. */
export function isSelected(event: AuditEvent, filter: AuditFilter): boolean {
  const { actor, action, category, outcome, from, to } = filter;
  return (actor ?? event.actor) === event.actor && (action ?? event.action) === event.action &&
    (category ?? event.category) === event.category &&
    (outcome ?? event.outcome) === event.outcome && event.at >= firstOf(from) &&
    event.at <= lastOf(to);
}

/** Returns whether a filter's start is after its end, so that no event can match. */
export function endsBeforeStart({ from, to }: AuditFilter): boolean {
  return firstOf(from) > lastOf(to);
}

/** Returns the first text within `from`; times of events have digits after a full stop. */
export function firstOf(from: string | undefined): string {
  return from?.replace(/Z$/, "") ?? "";
}

/** Returns the last text that sorts within `to`: texts that begin with it are included. */
export function lastOf(to: string | undefined): string {
  return to === undefined ? "~" : `${to.replace(/Z$/, "")}~`;
}
