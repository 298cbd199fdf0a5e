import type { Script } from "./script.ts";

const BOOK = { name: "book", builder: "orderbook" };

const SPREAD_DOUBLES = {
  ...{ id: "spread_doubles", title: "The spread is twice the usual one" },
  ...{ feeds: ["kalshi"], symbols: ["*"], params: { times: 2, usualSpread: 0.02 } },
  state: [BOOK],
  when: "book.spread >= p.times * p.usualSpread",
  ...{ edge: "rising", cooldown: "10s", every: null },
  fire: { spread: "book.spread", mid: "book.mid" },
};

/** Answers of the demo's scripted model: enough to follow a signal's way without a provider. */
export const DEMO_SCRIPT: Script = [
  {
    task: "interpretation",
    answers: [{ summary: "Scripted: no language model looked at this fire.", importance: "low" }],
  },
  { task: "decision", answers: [{ action: "tell", reason: "Scripted: it always tells." }] },
  {
    task: "understanding",
    when: "spread.*(doubl|widen)",
    answers: [{
      summary:
        "The spread reaches twice the usual one, a parameter: no builder knows the spread of " +
        "ten seconds ago.",
      question: null,
    }],
  },
  {
    task: "understanding",
    when: "(price|market).*(mov|run|jump|rise|fall|chang)",
    answers: [{ summary: "The middle moves by a share within ten seconds.", question: null }],
  },
  {
    task: "understanding",
    answers: [{
      summary: "This is no language model: it knows a few sentences only.",
      question:
        "Say one of these: when the spread of any market doubles within ten seconds; when " +
        "the price moves by one percent within ten seconds.",
    }],
  },
  {
    task: "signal_draft",
    when: "spread of any (KX\\w+) market.*(doubl|widen)",
    answers: [{ ...SPREAD_DOUBLES, symbols: ["$1*"] }],
  },
  { task: "signal_draft", when: "spread.*(doubl|widen)", answers: [SPREAD_DOUBLES] },
  {
    task: "signal_draft",
    answers: [{
      ...{ id: "price_moves", title: "The price moves within ten seconds" },
      ...{ feeds: ["kraken"], symbols: ["*"], params: { minChange: 0.01 } },
      state: [{ name: "price", builder: "priceHistory", window: "10s", source: "mid" }],
      when: 'Math.abs(price.change("10s")) >= p.minChange',
      ...{ edge: "rising", cooldown: "10s", every: null },
      fire: { change: 'price.change("10s")', price: "price.last" },
    }],
  },
];
