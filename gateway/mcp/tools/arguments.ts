import { z } from "zod";

/** Arguments shared by several tools. */
export const SYMBOL = z.string();
export const FEED = z.string().optional();
export const CURSOR = z.string().optional().describe("next_cursor of the answer before");
export const FROM = z.string().optional().describe("ISO 8601");
export const TO = z.string().optional();

/** Maximum number of records in an answer; fewer when they do not fit. */
export function limit(fallback: number) {
  return z.int().min(1).max(500).default(fallback);
}
