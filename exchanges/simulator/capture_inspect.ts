import { StorageError } from "@ssmd/runtime";
import { readCapture } from "./capture.ts";
import { type CaptureLine, textOfLine } from "./capture_line.ts";
import type { CaptureSummary, SummaryDraft } from "./capture_summary.ts";
import { SIMULATED_VENUES } from "./options.ts";
import { VENUES } from "./venues.ts";

function emptySummary(file: string): SummaryDraft {
  return {
    ...{ file, venue: undefined, symbols: [], channels: [], acknowledged: [] },
    ...{ refused: [], sections: [] },
    ...{ depths: {}, priceDecimals: {}, sizeDecimals: {}, sids: {} },
    ...{ frames: 0, heartbeats: false, firstUs: NaN, lastUs: NaN },
  };
}

function note(summary: SummaryDraft, line: CaptureLine, number: number): void {
  if (line.kind === "capture") {
    summary.sections.push({ header: line.header, firstUs: NaN });
    summary.venue ??= SIMULATED_VENUES.find((each) => each === line.header.venue);
    return;
  }
  if (line.kind === "unreadable") {
    const unreadable = summary.unreadable ??= { count: 0, line: number, why: line.why };
    unreadable.count++;
    return;
  }
  let section = summary.sections.at(-1);
  if (section === undefined) summary.sections.push(section = { firstUs: line.atUs });
  if (Number.isNaN(section.firstUs)) section.firstUs = line.atUs;
  const text = textOfLine(line);
  if (text !== undefined) noteFrame(summary, text, line.atUs);
}

function noteFrame(summary: SummaryDraft, text: string, atUs: number): void {
  const venue = summary.venue ??= SIMULATED_VENUES.find((id) => VENUES[id].speaks(text));
  if (summary.frames++ === 0) summary.firstUs = atUs;
  summary.lastUs = atUs;
  if (venue !== undefined) VENUES[venue].note(summary, text);
}

/**
 * Summarizes a capture in one pass. Throws StorageError `CAPTURE_UNREADABLE`, `CAPTURE_DAMAGED` or
 * `CAPTURE_EMPTY`.
 */
export async function inspectCapture(file: string): Promise<CaptureSummary> {
  const summary = emptySummary(file);
  let line = 0;
  for await (const lines of readCapture(file)) {
    for (const each of lines) note(summary, each, ++line);
  }
  const { venue } = summary;
  if (venue === undefined) {
    const { frames, unreadable } = summary;
    const wrong = unreadable === undefined ? "" : ` Line ${unreadable.line}: ${unreadable.why}.`;
    throw new StorageError(
      "CAPTURE_EMPTY",
      `The capture ${file} holds no frame of a known venue.${wrong}`,
      {
        context: { file, frames, unreadable: unreadable?.count ?? 0 },
        hint: `Lines must read {"t":"<ns>","m":<frame>}`,
      },
    );
  }
  const depths = new Set(Object.values(summary.depths).flat());
  const [only] = depths;
  return { ...summary, venue, ...(depths.size === 1 && only !== undefined ? { depth: only } : {}) };
}
