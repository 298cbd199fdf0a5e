import { type HistoryTarget, readHistory } from "./nats_history.ts";
import type { PublishWindow } from "./publish_window.ts";
import { commonFilter } from "./subject_filter.ts";

/** Range of a stream, inclusive. */
interface SequenceSpan {
  first: number;
  last: number;
}

/**
 * Returns the numbers of the window's messages below `end` that the span of the stream holds,
 * matched by id. Rejects as reading the stream does.
 */
export async function storedNumbers(
  target: HistoryTarget,
  window: PublishWindow,
  { end, span }: { end: number; span: SequenceSpan },
): Promise<number[]> {
  const numbers = new Map<string, number>();
  const subjects = new Set<string>();
  for (let n = window.head; n < end; n++) {
    const message = window.get(n);
    if (message === undefined || message.id === "") continue;
    numbers.set(message.id, n);
    subjects.add(message.subject);
  }
  if (numbers.size === 0 || span.first > span.last) return [];
  const found: number[] = [];
  const batches = readHistory(target, {
    filters: [commonFilter([...subjects])],
    from: { sequence: span.first },
    toSequence: span.last,
  });
  for await (const batch of batches) {
    for (const { id } of batch) {
      const number = numbers.get(id);
      if (number !== undefined) found.push(number);
    }
  }
  return found;
}
