/** Rates are those of the processor's time: other processes beside it change little. */
import process from "node:process";
import { SecurityMaster } from "@ssmd/metadata";

/** Seconds that `run` takes of the processor. */
function secondsOf(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Markets of a venue that lists a new one every quarter of an hour, and names that come back each year. */
const MARKETS = 50_000;
const YEARS = 10;

/** A security master with names of ten years. */
function filledMaster(): SecurityMaster {
  const master = new SecurityMaster();
  for (let n = 0; n < MARKETS; n++) {
    const mappings = Array.from({ length: n % 10 === 0 ? YEARS : 1 }, (_, year) => ({
      ...{ feed: "kalshi", external: `KX-${n}`, known: "2016-01-01" },
      ...{ from: `${2016 + year}-01-01`, to: `${2016 + year}-12-01` },
    }));
    const version = { effective: "2016-01-01", known: "2016-01-01", state: "open" as const };
    master.put({
      ...{ id: `m${n}`, name: `m${n}`, asset_class: "event" },
      ...{ versions: [version], mappings },
    });
  }
  return master;
}

const DAY_US = 86_400_000_000;
const START_US = Date.UTC(2016, 0, 1) * 1000;

/** Names a second that requests of 2,000 names resolve over a day of ten years. */
export function resolvedPerSecond(): number {
  const master = filledMaster();
  const names = Array.from({ length: MARKETS }, (_, n) => `KX-${n * 7919 % MARKETS}`);
  const rounds = 20;
  let found = 0;
  const resolveAll = (round: number) => {
    const fromUs = START_US + (round % YEARS) * 366 * DAY_US;
    for (let at = 0; at < MARKETS; at += 2000) {
      const span = { feed: "kalshi", by: "external", fromUs, toUs: fromUs + DAY_US } as const;
      found += master.resolve({ ...span, names: names.slice(at, at + 2000) }).mappings.size;
    }
  };
  resolveAll(0);
  const seconds = secondsOf(() => {
    for (let round = 0; round < rounds; round++) resolveAll(round);
  });
  if (found === 0) throw new RangeError("nothing was found");
  return rounds * MARKETS / seconds;
}

/** Look-ups a second of names at times of ten years. */
export function lookupsPerSecond(): number {
  const master = filledMaster();
  const startUs = START_US;
  const names = Array.from({ length: MARKETS }, (_, n) => `KX-${n * 7919 % MARKETS}`);
  for (const name of names) master.lookup("kalshi", name, startUs);
  let found = 0;
  const rounds = 40;
  const seconds = secondsOf(() => {
    for (let round = 0; round < rounds; round++) {
      const atUs = startUs + (round % YEARS) * 366 * DAY_US;
      for (const name of names) if (master.lookup("kalshi", name, atUs) !== undefined) found++;
    }
  });
  if (found === 0) throw new RangeError("nothing was found");
  return rounds * names.length / seconds;
}

if (import.meta.main) {
  console.log(`${Math.round(lookupsPerSecond() / 1000)} k look-ups a second`);
  console.log(`${Math.round(resolvedPerSecond() / 1000)} k names of requests a second`);
}
