/** Frames with anything in any place, for the venues' property tests. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Normalized } from "./adapter.ts";

type Path = readonly (string | number)[];

/** Places in a JSON value: paths of keys. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  const below = Array.isArray(value)
    ? value.flatMap((item, i) => pathsOf(item, [...path, i]))
    : typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...path, key]))
    : [];
  return [path, ...below];
}

/** The value with something else in one place. */
export function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  const copy: object = Array.isArray(value) ? [...value] : { ...value as object };
  return Object.assign(copy, { [key]: replaced(Reflect.get(copy, key), rest, by) });
}

/** The frames with garbage in one place, some of it `own` of the venue. */
export function brokenFrames(
  frames: readonly unknown[],
  own: readonly unknown[],
): fc.Arbitrary<unknown> {
  const garbage = fc.oneof(
    fc.constantFrom(null, [], {}, [[]], [null], "", "x", -1, 0, 1e308, 2 ** 53, true),
    fc.constantFrom(...own),
    fc.constant({ toString: 0, valueOf: 0 }),
    fc.json().map((text) => JSON.parse(text) as unknown),
    fc.constant(undefined),
  );
  const places = frames.flatMap((frame) => pathsOf(frame).map((path) => ({ frame, path })));
  return fc.tuple(fc.constantFrom(...places), garbage)
    .map(([{ frame, path }, by]) => replaced(frame, path, by));
}

/** No number is wrong, and a frame without records is told of. */
export function assertSound({ events, notice }: Normalized, text: string): void {
  for (const value of events.flatMap((event) => Object.values(event))) {
    if (typeof value === "number") assert.ok(Number.isFinite(value), text);
  }
  assert.ok(events.length > 0 || notice !== undefined, text);
}
