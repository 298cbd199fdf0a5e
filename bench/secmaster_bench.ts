import { SecurityMaster } from "@ssmd/metadata";

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

/** Look-ups a second of names at times of ten years. */
export function lookupsPerSecond(): number {
  const master = filledMaster();
  const startUs = Date.UTC(2016, 0, 1) * 1000;
  const names = Array.from({ length: MARKETS }, (_, n) => `KX-${n * 7919 % MARKETS}`);
  for (const name of names) master.lookup("kalshi", name, startUs);
  const begin = performance.now();
  let found = 0;
  const rounds = 40;
  for (let round = 0; round < rounds; round++) {
    const atUs = startUs + (round % YEARS) * 366 * 86_400_000_000;
    for (const name of names) if (master.lookup("kalshi", name, atUs) !== undefined) found++;
  }
  if (found === 0) throw new RangeError("nothing was found");
  return rounds * names.length / ((performance.now() - begin) / 1000);
}

if (import.meta.main) console.log(`${Math.round(lookupsPerSecond() / 1000)} k look-ups a second`);
