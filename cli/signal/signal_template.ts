/** Feed and symbol of a new signal. */
interface Watched {
  feed: string;
  symbol: string;
}

/** Source of a starter signal: it compiles, fires, and shows each part once. */
export function signalTemplate({ feed, symbol }: Watched): string {
  return `import { orderbook, signal } from "@ssmd/signal";

export default signal({
  title: "The spread is wide",
  version: 1,
  on: { feeds: [${JSON.stringify(feed)}], symbols: [${JSON.stringify(symbol)}] },
  // An environment may set these otherwise.
  params: { minShare: 0.0005 },
  state: { book: orderbook({ depth: 10 }) },
  when: ({ book }, p) => book.spread >= p.minShare * book.mid,
  edge: "rising",
  cooldown: "10s",
  fire: ({ book }) => ({ spread: book.spread, mid: book.mid }),
});
`;
}

/** Source of the test for {@linkcode signalTemplate}. */
export function testTemplate({ id, feed, symbol }: Watched & { id: string }): string {
  const market = symbol.endsWith("*") ? `${symbol.slice(0, -1)}A` : symbol;
  const name = id.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return `import { assertFires, scenario } from "@ssmd/signal";
import ${name} from "./${id}.ts";

Deno.test("${id} fires once when the spread gets wide", () => {
  const records = scenario\`
    market ${feed} ${market}
    0s   book 99.99x1 | 100.01x1
    1s   delta ask 100.01x0 100.41x1     # 0.42 wide
    2s   delta bid 99.99x2               # still: no new edge
  \`;
  assertFires(${name}, records, [{ at: "1s", values: { mid: 100.2, spread: 0.42 } }]);
});
`;
}
