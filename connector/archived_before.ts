import { dayOfUs, loadManifest, usOfDay, usOfNsText } from "@ssmd/archive";
import { ConfigError, DAY_US, isoOfUs } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";

/** Receive times of the first and the last frame of a recorded file, µs. */
export interface RecordedSpan {
  file: string;
  firstUs: number;
  lastUs: number;
}

/** Where the records of a recording go. */
interface RecordingTarget {
  storage: Storage;
  env: string;
  feed: string;
}

/**
 * Throws ConfigError `RECORDING_ARCHIVED` when the feed's raw files already have lines from within
 * a span: played once more with its own times, each of its records would be there twice.
 */
export async function assertNotArchived(
  target: RecordingTarget,
  spans: readonly RecordedSpan[],
): Promise<void> {
  for (const span of spans) {
    if (!(span.firstUs <= span.lastUs)) continue;
    const lastDayUs = usOfDay(dayOfUs(span.lastUs));
    for (let us = usOfDay(dayOfUs(span.firstUs)); us <= lastDayUs; us += DAY_US) {
      const day = dayOfUs(us);
      const { storage, ...id } = target;
      const files = (await loadManifest(storage, { kind: "raw", ...id, day }))?.files ?? [];
      const found = files.find(({ from, to }) =>
        usOfNsText(from) <= span.lastUs && usOfNsText(to) >= span.firstUs
      );
      if (found) throw alreadyArchived(target, span, `${found.fromTime} to ${found.toTime}`);
    }
  }
}

/** Throws as `assertNotArchived` does when an interrupted play got to `lastUs`, within a span. */
export function assertNotInterrupted(
  target: RecordingTarget,
  spans: readonly RecordedSpan[],
  lastUs: number,
): void {
  const span = spans.find((each) => each.firstUs <= lastUs && lastUs <= each.lastUs);
  if (span) throw alreadyArchived(target, span, `until ${isoOfUs(lastUs)}`);
}

function alreadyArchived({ env, feed }: RecordingTarget, span: RecordedSpan, found: string) {
  const { file, firstUs, lastUs } = span;
  return new ConfigError(
    "RECORDING_ARCHIVED",
    `${file} has times from ${isoOfUs(firstUs)} to ${isoOfUs(lastUs)}, ` +
      `and the archive already has frames of ${feed} with such times: ${found}`,
    {
      hint: "Name another folder with --data; give files of the same time to one call; or leave " +
        "--times recorded out",
      context: { file, env, feed },
    },
  );
}
