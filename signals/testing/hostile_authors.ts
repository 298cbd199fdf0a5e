/**
 * Hostile signals and their effect without checks. `source` is the committed file; `unchecked` is
 * the function body a host would get if someone bypassed the check.
 * @module
 */

/** A hostile signal. */
export interface Hostile {
  name: string;
  /** File text; @FILE@ and @PORT@ stand for a planted file and a listening port. */
  source: string;
  /** Matches the refusal by `check`. */
  refusal: RegExp;
  /** Line of the finding. */
  line: number;
  /** Code for a host without the check; default: the linked source. */
  unchecked?: string;
}

const HEAD = `import { orderbook, signal } from "@ssmd/signal";`;

/** Returns a signal whose `fire` reports an expression's value, as often as allowed. */
const saying = (expression: string, before = "") =>
  `${before}
export default signal({
  title: "t", version: 1, on: { feeds: ["kalshi"], symbols: ["*"] },
  state: { book: orderbook() },
  when: () => true, edge: "level", maxFiresPerHour: 36000,
  fire: ({ book }) => ({ mid: book.mid, got: String(${expression}) }),
});`;

const file = (expression: string, before = "") => `${HEAD}${saying(expression, before)}`;
/** The same as a host function, for sources with imports. */
const raw = (expression: string, before = "") =>
  `const { orderbook, signal } = sdk; ${
    saying(expression, before).replace("export default", "return")
  }`;

/** Each must be refused with its line, and obtain nothing even without the check. */
export const HOSTILE: readonly Hostile[] = [
  {
    name: "reads a file",
    source: file(`(Deno as any).readTextFileSync("@FILE@")`),
    refusal: /Deno cannot be used/,
    line: 6,
    unchecked: raw(`Deno.readTextFileSync("@FILE@")`),
  },
  {
    name: "reads the environment",
    source: file(`process.env.SSMD_SECRET`),
    refusal: /process cannot be used/,
    line: 6,
  },
  {
    name: "fetches",
    source: file(`fetch("http://127.0.0.1:@PORT@/secret")`),
    refusal: /fetch cannot be used/,
    line: 6,
  },
  {
    name: "opens a socket",
    source: file(`new WebSocket("ws://127.0.0.1:@PORT@")`),
    refusal: /WebSocket cannot be used/,
    line: 6,
  },
  {
    name: "starts a process",
    source: file(`new Deno.Command("cat", { args: ["@FILE@"] }).outputSync()`),
    refusal: /Deno cannot be used/,
    line: 6,
  },
  {
    name: "imports a module of Node",
    source: `${HEAD}\nimport { readFileSync } from "node:fs";${saying(`readFileSync("@FILE@")`)}`,
    refusal: /"node:fs" cannot be imported/,
    line: 2,
    unchecked: raw(`import("node:fs").then((fs) => fs.readFileSync("@FILE@"))`),
  },
  {
    name: "imports a package",
    source: `${HEAD}\nimport pad from "npm:left-pad@1.3.0";${saying(`pad("x", 3)`)}`,
    refusal: /"npm:left-pad@1.3.0" cannot be imported/,
    line: 2,
    unchecked: raw(`import("npm:left-pad@1.3.0")`),
  },
  {
    name: "imports from the internet",
    source: `${HEAD}\nimport x from "http://127.0.0.1:@PORT@/x.ts";${saying("x")}`,
    refusal: /cannot be imported/,
    line: 2,
    unchecked: raw(`import("http://127.0.0.1:@PORT@/x.ts")`),
  },
  {
    name: "imports a local file as JSON",
    source: `${HEAD}\nimport secret from "@FILE@" with { type: "json" };${saying("secret")}`,
    refusal: /cannot be imported/,
    line: 2,
    unchecked: raw(`import("file://@FILE@", { with: { type: "json" } }).then((x) => x.default)`),
  },
  {
    name: "imports a local file as text",
    source: `${HEAD}\nimport secret from "../../@FILE@" with { type: "text" };${saying("secret")}`,
    refusal: /cannot be imported/,
    line: 2,
    unchecked: raw(`import("file://@FILE@", { with: { type: "text" } })`),
  },
  {
    name: "imports a module made of data",
    source: `${HEAD}\nimport x from "data:text/javascript,export default 1";${saying("x")}`,
    refusal: /cannot be imported/,
    line: 2,
    unchecked: raw(`import("data:text/javascript,export default Deno.readTextFileSync('@FILE@')")`),
  },
  {
    name: "imports while it runs",
    source: file(`import("./other.ts")`),
    refusal: /imports nothing while it runs/,
    line: 6,
  },
  {
    name: "makes functions from text by their maker",
    source: file(`(() => 0).constructor("return this.Deno")()`),
    refusal: /"constructor" cannot be used/,
    line: 6,
  },
  {
    name: "puts the maker's name together",
    source: file(`(signal as any)["con" + "structor"]("return globalThis")()`),
    refusal: /a computed name/,
    line: 6,
    unchecked: raw(`Object.getOwnPropertyNames(signal["con" + "structor"]("return this")())`),
  },
  {
    name: "evaluates text",
    source: file(`eval("this.Deno")`),
    refusal: /eval/,
    line: 6,
    unchecked: raw(`(0, eval)("typeof Deno + typeof process + typeof fetch")`),
  },
  {
    name: "changes what all objects have",
    source: file(
      "0",
      `\n(Object.prototype as any).spread = 1; (Array.prototype as any).push = () => 0;`,
    ),
    refusal: /"prototype" cannot be used/,
    line: 2,
    unchecked: raw(
      "0",
      "try { Object.prototype.valid = false } catch {} Array.prototype.push = () => 0;",
    ),
  },
  {
    name: "changes what all numbers mean",
    source: file("0", "\n(Math as any)[`max`] = () => 0;"),
    refusal: /a computed name/,
    line: 2,
    unchecked: raw("0", "Math.max = Math.abs = Math.floor = () => 0;"),
  },
  {
    name: "changes the maps of the engine",
    source: file("0", "\nReflect.set(Map.prototype, 'get', () => undefined);"),
    refusal: /Reflect cannot be used/,
    line: 2,
  },
  {
    name: "changes the builders of others by what they are made of",
    source: file(`Object.defineProperty(Object.getPrototypeOf(book), "mid", { value: 0 })`),
    refusal: /"defineProperty" cannot be used/,
    line: 6,
  },
  {
    name: "changes the builders of others by making one",
    source: file(
      "0",
      "\nconst made: any = orderbook().create({ use: (d: any) => d.create().builder });\n" +
        "made.builder.__proto__.apply = () => 0; made.builder.book.__proto__.clear = () => 0;",
    ),
    refusal: /"__proto__" cannot be used/,
    line: 3,
  },
  {
    name: "forges fires by the writer of JSON",
    source: file("0", "\nJSON.stringify = () => '{\"forged\":true}';"),
    refusal: /a change of JSON/,
    line: 2,
  },
  {
    name: "leaves a message for other signals",
    source: file(`(globalThis as any).leak = "@FILE@"`),
    refusal: /globalThis cannot be used/,
    line: 6,
  },
  {
    name: "prints",
    source: file(`console.log("\\u0000\\u0000\\u0000\\u0001\\u0002rubbish")`),
    refusal: /console cannot be used/,
    line: 6,
  },
  {
    name: "writes rubbish to the output",
    source: file(`Deno.stdout.writeSync(new Uint8Array([1, 2, 3]))`),
    refusal: /Deno cannot be used/,
    line: 6,
  },
  {
    name: "ends the process",
    source: file(`process.exit(0)`),
    refusal: /process cannot be used/,
    line: 6,
  },
  {
    name: "asks the time",
    source: file(`Date.now()`),
    refusal: /Date cannot be used/,
    line: 6,
  },
  {
    name: "asks chance",
    source: file(`Math["random"]()`),
    refusal: /"random" cannot be used/,
    line: 6,
  },
  {
    name: "sets a timer",
    source: file("0", "\nsetInterval(() => fetch('http://127.0.0.1:@PORT@'), 1);"),
    refusal: /setInterval cannot be used/,
    line: 2,
  },
  {
    name: "goes on behind its turn",
    source: file("late", "\nlet late = 0; (async () => { for (;;) { await 0; late++; } })();"),
    refusal: /keeps state in builders only/,
    line: 2,
  },
  {
    name: "starts a thread",
    source: file(`new Worker("data:text/javascript,for(;;);")`),
    refusal: /Worker cannot be used/,
    line: 6,
  },
  {
    name: "talks to other processes",
    source: file(`new BroadcastChannel("x").postMessage("@FILE@")`),
    refusal: /BroadcastChannel cannot be used/,
    line: 6,
  },
  {
    name: "shares memory",
    source: file(`new SharedArrayBuffer(8)`),
    refusal: /SharedArrayBuffer cannot be used/,
    line: 6,
  },
  {
    name: "reads what others matched",
    source: file(`(RegExp as any)["$" + "1"]`),
    refusal: /a computed name/,
    line: 6,
  },
  {
    name: "says what stacks look like",
    source: file("0", "\n(Error as any).prepareStackTrace = () => '@FILE@';"),
    refusal: /"prepareStackTrace" cannot be used/,
    line: 2,
  },
];
