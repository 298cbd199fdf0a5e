// A peer of peers_bench.ts: tardis-dev's mappers of Kraken's frames, and its order book. The argument is
// the folder with node_modules. As in its real-time feed, each frame gets the time it came at.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";
import { answerRounds } from "./peers_rounds.mjs";

const folder = process.argv[2];
const { normalizeBookChanges, normalizeBookTickers, normalizeTrades, OrderBook } = createRequire(
  `${folder}/`,
)("tardis-dev");
const about = JSON.parse(readFileSync(`${folder}/node_modules/tardis-dev/package.json`, "utf8"));

function map(normalizer, each) {
  return () => {
    const mapper = normalizer("kraken", new Date());
    const use = each();
    return (frame) => {
      const message = JSON.parse(frame.toString());
      if (!mapper.canHandle(message)) return 0;
      let made = 0;
      for (const item of mapper.map(message, new Date())) {
        use(item);
        made++;
      }
      return made;
    };
  };
}

const nothing = () => () => {};

await answerRounds(about.version, {
  book: map(normalizeBookChanges, nothing),
  bookKept: map(normalizeBookChanges, () => {
    const book = new OrderBook();
    return (change) => book.update(change);
  }),
  trade: map(normalizeTrades, nothing),
  ticker: map(normalizeBookTickers, nothing),
});
process.exit(0);
