import assert from "node:assert/strict";
import { checkSources } from "./check.ts";
import { formatFinding } from "./finding.ts";

const HEAD = `name: test
feeds: [kraken, kalshi]
schema: v1
symbols:
  BTCUSD: { feed: kraken, external: BTC/USD }
  ETHUSD: { feed: kraken, external: ETH/USD }
transport: { type: memory }
storage: { type: memory }
enrich:
`;

/** Findings below the list of enrichers, without the file's name. */
function found(enrich: string): string[] {
  const path = "exchanges/environments/test.yaml";
  return checkSources([{ path, text: HEAD + enrich }], { knownFeeds: ["kraken", "kalshi"] })
    .findings.map(formatFinding).filter((text) => text.includes("enrich"))
    .map((text) => text.slice(path.length + 1));
}

Deno.test("what is wrong with an enricher is told at its line and column", () => {
  assert.deepEqual(
    found(`  - { name: a, type: calculation, values: { x: bid + bid_size } }
  - name: a
    type: calculation
    values:
      y: "(bid - ask"
      bid: mid
  - { name: b, type: reference_join, fields: [bas] }
  - { name: c, type: cross_feed, symbols: { BTCUSD: ETHUSD, X: BTCUSD } }
`),
    [
      '10:52  enrich[0].values.x: "+" joins price and size, which are no one unit',
      '11:11  enrich[1].name: "a" stands here a second time',
      '14:21  enrich[1].values.y: ")" is missing before the end',
      '15:12  enrich[1].values.bid: the name "bid" is taken',
      '16:47  enrich[2].fields[0]: no field "bas". Did you mean "base"?',
      "17:53  enrich[3].symbols.BTCUSD: BTCUSD and ETHUSD are both of kraken",
      '17:64  enrich[3].symbols.X: "X" is no symbol of this environment',
    ],
  );
});

Deno.test("sound enrichers have no finding, whether they are enabled or not", () => {
  assert.deepEqual(
    found(`  - { name: a, type: calculation, enabled: false, values: { mid: mid, half: mid / 2 } }
  - { name: b, type: quality, stale_after: 10s }
`),
    [],
  );
});
