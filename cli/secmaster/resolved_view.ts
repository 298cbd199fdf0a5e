import type { Resolved } from "@ssmd/metadata";
import { isoOfUs } from "@ssmd/runtime";
import { z } from "zod";

/** Meaning of names over a time span. */
export const RESOLVED = z.object({
  mappings: z.record(
    z.string(),
    z.array(z.object({
      from: z.string().describe("ISO 8601"),
      to: z.string().describe("ISO 8601, exclusive"),
      name: z.string().describe("Instrument, or the venue's name"),
    })),
  ),
  partial: z.array(z.string()).describe("Names that resolve in part of the span"),
  not_found: z.array(z.string()).describe("Names that do not resolve in the span"),
});

/** Builds a {@linkcode RESOLVED}. */
export function resolvedView(
  { mappings, partial, notFound }: Resolved,
): z.input<typeof RESOLVED> {
  const shown = [...mappings].map(([name, spans]) =>
    [
      name,
      spans.map((span) => ({
        ...{ from: isoOfUs(span.fromUs), to: isoOfUs(span.toUs), name: span.name },
      })),
    ] as const
  );
  return { mappings: Object.fromEntries(shown), partial, not_found: notFound };
}
