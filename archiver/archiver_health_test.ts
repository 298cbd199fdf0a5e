import assert from "node:assert/strict";
import { Health, readinessReport } from "@ssmd/runtime";
import { memoryStorage } from "@ssmd/storage";
import { memoryTransport } from "@ssmd/transport";
import { optionsOf } from "./_fixtures.ts";
import type { Day } from "./day.ts";
import { LateDays } from "./late_days.ts";
import { createArchiver } from "./mod.ts";

function dayOf(status: string): Day {
  const manifest = { feed: "kraken", day: "2026-08-01", status };
  return { name: "2026-08-01", manifest } as unknown as Day;
}

Deno.test("a day that is over and does not get its last status is told after so many looks", () => {
  const days = new LateDays(2);
  const [open, complete] = [dayOf("open"), dayOf("complete")];
  const problemAt = (time: string, ...loaded: Day[]) => {
    days.look(loaded, Date.parse(time) * 1000);
    return days.problem;
  };
  for (let look = 0; look < 5; look++) {
    assert.equal(problemAt("2026-08-01T23:59:00Z", open), "", "it is not over");
  }
  const after = Array.from({ length: 3 }, () => problemAt("2026-08-02T01:00:00Z", open, complete));
  assert.deepEqual(after, ["", "", "over for long and still open: kraken 2026-08-01"]);
  assert.equal(problemAt("2026-08-02T01:00:01Z", complete), "");
});

Deno.test("an archiver on a bus that answers nothing is unready, and says so", async () => {
  const inner = memoryTransport();
  let problem = "";
  const transport = new Proxy(inner, {
    get(target, name) {
      if (name === "problem") return problem;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const health = new Health();
  const archiver = createArchiver({ ...optionsOf(transport, memoryStorage()), health });
  await archiver.start();
  assert.deepEqual(readinessReport(health).conditions, []);
  problem = "the bus is connected and answers nothing";
  assert.deepEqual(
    readinessReport(health).conditions.map(({ condition, reason }) => [condition, reason]),
    [["bus", problem]],
  );
  await archiver.close();
});
