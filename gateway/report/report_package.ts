import { strToU8, zipSync } from "fflate";
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Row } from "./month_tables.ts";

/** A file of a package, as listed in its manifest. */
const PACKED_FILE = z.object({
  name: z.string(),
  rows: z.int(),
  bytes: z.int(),
  sha256: z.string(),
});

/** The manifest of a package. */
export const MANIFEST = z.object({
  format: z.literal("ssmd exchange audit v1"),
  environment: z.string(),
  month: z.string().describe("UTC"),
  made: z.string().describe("ISO 8601"),
  software: z.string(),
  notes: z.array(z.string()).describe("What is incomplete, and why"),
  files: z.array(PACKED_FILE),
});

/** Returns a zip with one CSV file per table, and the manifest with their hashes. */
export function packed(
  tables: Readonly<Record<string, readonly Row[]>>,
  head: Omit<z.output<typeof MANIFEST>, "files">,
): { zip: Uint8Array; manifest: z.output<typeof MANIFEST> } {
  const entries = Object.entries(tables).map(([table, rows]) => {
    const bytes = strToU8(csvOf(table, rows));
    return { name: `${table}.csv`, rows: rows.length, bytes };
  });
  const files = entries.map(({ name, rows, bytes }) => ({
    ...{ name, rows, bytes: bytes.length },
    sha256: createHash("sha256").update(bytes).digest("hex"),
  }));
  const manifest = { ...head, files };
  const content = Object.fromEntries(entries.map(({ name, bytes }) => [name, bytes]));
  const text = `${JSON.stringify(manifest, undefined, 2)}\n`;
  return { zip: zipSync({ "manifest.json": strToU8(text), ...content }), manifest };
}

/** Columns of the tables, also of empty ones. */
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  usage: ["day", "client", "use", "feed", "type", "messages"],
  usage_by_client: ["client", "use", "type", "messages"],
  usage_by_feed: ["feed", "type", "messages"],
  usage_by_use: ["use", "feed", "messages"],
  peak_users: ["day", "clients", "sessions"],
  entitlements: ["day", "client", "feed", "symbols", "types", "since", "until"],
  sessions: ["session", "client", "use", "key", "address", "started", "ended", "reason"],
  clients: ["client", "use", "role", "enabled", "description", "created"],
  gaps: [
    ...["feed", "symbol", "reason", "channel", "from", "to", "lasted_ms", "missed", "ended"],
    "detail",
  ],
};

function csvOf(table: string, rows: readonly Row[]): string {
  const columns = COLUMNS[table] ?? [];
  const lines = rows.map((row) => columns.map((column) => cellText(row[column])).join(","));
  return [columns.join(","), ...lines].map((line) => `${line}\r\n`).join("");
}

/** Escapes a cell as in RFC 4180. */
function cellText(cell: string | number | null | undefined): string {
  const text = String(cell ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
