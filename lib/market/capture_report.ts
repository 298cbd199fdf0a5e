// Not in mod.ts: a host of signals has no npm package.
import { z } from "zod";
import { GAP_CHANNELS } from "./event.ts";
import { escapeToken } from "./subject.ts";

/** Subscriptions that one report lists; the number of all is told beside them. */
export const REPORT_SUBSCRIPTIONS_MAX = 100;

const AWAY = z.strictObject({
  symbol: z.string(),
  channel: z.enum(GAP_CHANNELS),
  why: z.string(),
  isRefused: z.boolean(),
  /** Since when its records are missing, ms since 1970. */
  sinceMs: z.number(),
  /** When it is asked for next, ms since 1970; null = with the next connection. */
  nextTryMs: z.number().nullable(),
});

const CAPTURE_REPORT = z.strictObject({
  /** When a connection that is not open is tried next, ms since 1970; null = none waits. */
  nextTryMs: z.number().nullable(),
  /** Ordered channels of symbols that bring nothing now. */
  awayCount: z.int(),
  away: z.array(AWAY).max(REPORT_SUBSCRIPTIONS_MAX),
});

/** What a connector knows of its feed that no record says. */
export type CaptureReport = z.output<typeof CAPTURE_REPORT>;

/** Subject on which a feed's connector answers with its {@linkcode CaptureReport} as JSON. */
export function captureReportSubject(env: string, feed: string): string {
  return `_ssmd.${escapeToken(env)}.capture.${escapeToken(feed)}`;
}

/** The report in an answer. Throws SyntaxError or ZodError for what is none. */
export function readCaptureReport(answer: Uint8Array): CaptureReport {
  return CAPTURE_REPORT.parse(JSON.parse(new TextDecoder().decode(answer)));
}
