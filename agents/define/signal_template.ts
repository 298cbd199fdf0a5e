import type { SignalDraft } from "./signal_draft.ts";

/** Files of a signal. */
export interface SignalSources {
  id: string;
  source: string;
  test: string;
}

/** Renders a draft's files; only the expressions come from the draft. */
export function signalSources(draft: SignalDraft): SignalSources {
  return { id: draft.id, source: sourceOf(draft), test: testOf(draft) };
}

function sourceOf(draft: SignalDraft): string {
  const { title, feeds, symbols, params, state, when, edge, cooldown, every, fire } = draft;
  const builders = [...new Set(state.map(({ builder }) => builder))];
  const names = state.map(({ name }) => name).join(", ");
  const lines = [
    `import { ${[...builders, "signal"].toSorted().join(", ")} } from "@ssmd/signal";`,
    "",
    "export default signal({",
    `  title: ${JSON.stringify(title)},`,
    "  version: 1,",
    `  on: { feeds: ${textList(feeds)}, symbols: ${textList(symbols)} },`,
    `  params: ${objectOf(params, String)},`,
    `  state: { ${state.map(builderText).join(", ")} },`,
    `  when: ({ ${names} }, p) => ${when},`,
    `  edge: ${JSON.stringify(edge)},`,
    ...(cooldown === null ? [] : [`  cooldown: ${JSON.stringify(cooldown)},`]),
    ...(every === null ? [] : [`  every: ${JSON.stringify(every)},`]),
    `  fire: ({ ${names} }, p) => (${objectOf(fire, (expression) => expression)}),`,
    "});",
    "",
  ];
  return withoutUnused(lines.join("\n"), draft);
}

/** Removes unused parameters, which the author rules refuse. */
function withoutUnused(source: string, { when, fire, state }: SignalDraft): string {
  const used = (text: string) => state.filter(({ name }) => new RegExp(`\\b${name}\\b`).test(text));
  const arguments_ = (text: string) => {
    const names = used(text).map(({ name }) => name);
    const isWithParams = /\bp\./.test(text);
    return `${names.length === 0 ? "_" : `{ ${names.join(", ")} }`}${isWithParams ? ", p" : ""}`;
  };
  const said = Object.values(fire).join(" ");
  return source.replace(/^ {2}when: \(.*?\) =>/m, `  when: (${arguments_(when)}) =>`)
    .replace(/^ {2}fire: \(.*?\) =>/m, `  fire: (${arguments_(said)}) =>`);
}

function builderText({ name, builder, ...options }: SignalDraft["state"][number]): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const text = given.map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join(", ");
  return `${name}: ${builder}(${text === "" ? "" : `{ ${text} }`})`;
}

function textList(texts: readonly string[]): string {
  return `[${texts.map((text) => JSON.stringify(text)).join(", ")}]`;
}

function objectOf<V>(values: Readonly<Record<string, V>>, text: (value: V) => string): string {
  const fields = Object.entries(values).map(([name, value]) => `${name}: ${text(value)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

/** Tests a market without changes: a signal that fires there always fires. */
function testOf({ id, feeds, symbols }: SignalDraft): string {
  const symbol = (symbols[0] ?? "A").replace("*", "A").replaceAll(/[^\w/-]/g, "");
  return `import { assertFires, scenario } from "@ssmd/signal";
import subject from "./${id}.ts";

Deno.test("${id} says nothing of a market in which nothing changes", () => {
  const records = scenario\`
    market ${feeds[0]} ${symbol}
    0s   book 0.50x10 | 0.51x10
    1s   delta bid 0.49x10
    2s   delta ask 0.52x10
  \`;
  assertFires(subject, records, []);
});
`;
}
