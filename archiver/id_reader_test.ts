import { formatPosition } from "@ssmd/archive/testing/raw_file";
import assert from "node:assert/strict";
import fc from "fast-check";
import { parsePosition } from "@ssmd/archive";
import { IdReader } from "./id_reader.ts";

Deno.test("one reader reads ids of changing runs as parsePosition does", () => {
  const ids = new IdReader();
  const run = fc.constantFrom("m1", "m1a", "m", "hocs59q5ir");
  const position = fc.record({ run, frame: fc.nat(), index: fc.nat() });
  fc.assert(fc.property(position, (position) => {
    assert.ok(ids.read(formatPosition(position)));
    const { run, frame, index } = ids;
    assert.deepEqual({ run, frame, index }, { ...position });
  }));
});

Deno.test("what is no id is refused, whatever was read before", () => {
  const ids = new IdReader();
  for (
    const bad of ["", "-", "m1", "m1-", "m1-1", "m1-1-", "m1--1", "m1-1-2-3", "m1-a-1", "-1-1"]
  ) {
    assert.equal(parsePosition(bad), undefined, bad);
    assert.equal(ids.read(bad), false, bad);
    assert.ok(ids.read("m1-1-0"));
    assert.equal(ids.read(bad), false, bad);
  }
});
