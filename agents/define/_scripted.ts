/** A request, drafts and a gate without processes, for tests. @module */
import type { Script } from "../model/script.ts";
import type { Gate } from "./gate.ts";

export const WORDS = "when the spread of any KXBTC market doubles within ten seconds";

export const DRAFT = {
  ...{ id: "spread_doubles", title: "The spread doubles", feeds: ["kalshi"], symbols: ["KXBTC*"] },
  ...{ params: { minSpread: 0.04 }, state: [{ name: "book", builder: "orderbook" }] },
  ...{ when: "book.spread >= p.minSpread", edge: "rising", cooldown: "10s", every: null },
  fire: { spread: "book.spread" },
};

/** Refuses by keywords what the compiler and the rules would refuse. */
export const WORD_GATE: Gate = {
  check: ({ source }) => {
    const problems = ["Date", "Math.random", "((", "book.sprad"]
      .filter((word) =>
        source.split("when:")[1]?.split("edge:")[0]?.replace("({", "").includes(word)
      )
      .map((word) => `"${word}" is refused`);
    const steps = ["rules: passed"];
    return Promise.resolve({ ok: problems.length === 0, problems, steps, fires: 12 });
  },
  backtest: () =>
    Promise.resolve({ sha256: "b".repeat(64), fires: 3, records: 9, from: null, to: null }),
};

/** The first draft is refused. */
export const KILLED_SCRIPT: Script = [
  { task: "understanding", answers: [{ summary: "The spread doubles.", question: null }] },
  { task: "signal_draft", answers: [{ ...DRAFT, when: "Date.now() > 0" }, DRAFT] },
];
