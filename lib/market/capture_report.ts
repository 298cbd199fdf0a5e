// Not exported by mod.ts: signal hosts have no npm packages.
import { z } from "zod";
import { GAP_CHANNELS } from "./event.ts";
import { escapeToken } from "./subject.ts";

/** Subscriptions listed in one report; `awayCount` is the full number. */
export const REPORT_SUBSCRIPTIONS_MAX = 100;

const AWAY = z.strictObject({
  symbol: z.string(),
  channel: z.enum(GAP_CHANNELS),
  why: z.string(),
  isRefused: z.boolean(),
  /** Start of the missing records, ms since 1970. */
  sinceMs: z.number(),
  /** Next attempt, ms since 1970; null = with the next connection. */
  nextTryMs: z.number().nullable(),
});

const CAPTURE_REPORT = z.strictObject({
  /** Next connection attempt, ms since 1970; null = none pending. */
  nextTryMs: z.number().nullable(),
  /** Number of subscribed channels per symbol that deliver nothing now. */
  awayCount: z.int(),
  away: z.array(AWAY).max(REPORT_SUBSCRIPTIONS_MAX),
});

/** State of a connector's capture that is not in any record. */
export type CaptureReport = z.output<typeof CAPTURE_REPORT>;

/** Subject on which a feed's connector replies with its {@linkcode CaptureReport} as JSON. */
export function captureReportSubject(env: string, feed: string): string {
  return `_ssmd.${escapeToken(env)}.capture.${escapeToken(feed)}`;
}

/** Parses a reply. Throws SyntaxError or ZodError when invalid. */
export function readCaptureReport(answer: Uint8Array): CaptureReport {
  return CAPTURE_REPORT.parse(JSON.parse(new TextDecoder().decode(answer)));
}
