import { usOfDay } from "@ssmd/archive";
import { DAY_US } from "@ssmd/runtime";

/** A span of receive time, µs; open where an end is absent. */
export interface TimeSpan {
  /** Start, inclusive. */
  fromUs?: number;
  /** End, exclusive. */
  toUs?: number;
}

/** Returns whether a span overlaps a UTC day. */
export function touchesDay({ fromUs = 0, toUs = Infinity }: TimeSpan, day: string): boolean {
  const startUs = usOfDay(day);
  return startUs < toUs && startUs + DAY_US > fromUs;
}

/** Returns the part of a span within a UTC day. */
export function withinDay(
  { fromUs = 0, toUs = Infinity }: TimeSpan,
  day: string,
): Required<TimeSpan> {
  const startUs = usOfDay(day);
  return { fromUs: Math.max(fromUs, startUs), toUs: Math.min(toUs, startUs + DAY_US) };
}

/** Returns whether a span excludes part of a UTC day. */
export function cutsDay(span: TimeSpan, day: string): boolean {
  const { fromUs, toUs } = withinDay(span, day);
  return fromUs > usOfDay(day) || toUs < usOfDay(day) + DAY_US;
}
