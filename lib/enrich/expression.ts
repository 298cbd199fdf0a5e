import { ConfigError, formatDurationMs, parseDurationMs, suggestion } from "@ssmd/runtime";
import { type Evaluate, operation, type Sign } from "./operation.ts";
import { isSameUnit, NUMBER, PRICE, product, SIZE, type Unit, unitText } from "./unit.ts";

/** A parsed expression. */
interface Expression {
  unit: Unit;
  evaluate: Evaluate;
  /** Canonical text; equal for expressions with the same calculation. */
  text: string;
  /** Slot of its value, if it is not calculated. */
  slot?: number;
  /** Its value, if it is a number literal. */
  value?: number;
}

/** Aggregate over recent trades: size-weighted mean price, or total size. */
export type WindowFunction = "vwap" | "volume";

/** Name resolution for an expression. */
export interface Scope {
  /** Values by name: slot and unit. */
  names: ReadonlyMap<string, { slot: number; unit: Unit }>;
  /** Slots of earlier calculations, by canonical text. */
  calculated: ReadonlyMap<string, number>;
  /** Returns the slot of an aggregate over the trades of the last `ms`. */
  windowSlot(name: WindowFunction, ms: number): number;
}

/** An error at a position of an expression. */
export class ExpressionError extends ConfigError {
  /** Offset of the error, characters. */
  readonly offset: number;

  constructor(offset: number, message: string) {
    super("EXPRESSION_INVALID", message);
    this.offset = offset;
  }
}

/** Longest trade window. */
const WINDOW_MS_MAX = 900_000;
const WINDOWS: Readonly<Record<WindowFunction, Unit>> = { vwap: PRICE, volume: SIZE };
/** Functions whose arguments and result share one unit. */
const FUNCTIONS: Readonly<Record<string, { count: number; of: (...values: number[]) => number }>> =
  {
    abs: { count: 1, of: Math.abs },
    min: { count: 2, of: Math.min },
    max: { count: 2, of: Math.max },
  };
/** Names with a predefined expression. */
const STANDARD: Readonly<Record<string, string>> = {
  mid: "(bid + ask) / 2",
  spread: "ask - bid",
  spread_bps: "(ask - bid) / ((bid + ask) / 2) * 10000",
};

const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?(?:ms|s|m|h)\b)|(\d+(?:\.\d+)?)|([a-z_][a-z0-9_]*)|([-+*/(),]))/y;

interface Token {
  kind: "duration" | "number" | "name" | "sign" | "end";
  text: string;
  offset: number;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  let at = 0;
  while (text.slice(at).trim() !== "") {
    const match = TOKEN.exec(text);
    if (match === null) {
      const offset = at + text.slice(at).search(/\S/);
      throw new ExpressionError(offset, `"${text[offset]}" has no meaning here`);
    }
    at = TOKEN.lastIndex;
    const kinds = ["duration", "number", "name", "sign"] as const;
    const found = kinds.findIndex((_, i) => match[i + 1] !== undefined);
    const word = match[found + 1] ?? "";
    tokens.push({ kind: kinds[found] ?? "sign", text: word, offset: at - word.length });
  }
  return [...tokens, { kind: "end", text: "the end", offset: text.length }];
}

/**
 * Parses an expression: numbers, names, + - * / and parentheses, abs min max, and vwap(1m) and
 * volume(1m) over trades. Sums need equal units. Throws {@linkcode ExpressionError}.
 */
export function parseExpression(text: string, scope: Scope): Expression {
  return new Parser(text, scope).whole();
}

class Parser {
  #tokens: Token[];
  #scope: Scope;
  #at = 0;

  constructor(text: string, scope: Scope) {
    this.#tokens = tokensOf(text);
    this.#scope = scope;
  }

  whole(): Expression {
    const expression = this.#sum();
    const { kind, text, offset } = this.#next();
    if (kind === "end") return expression;
    throw new ExpressionError(offset, `An operator (+ - * /) is missing before ${text}`);
  }

  get #peek(): Token {
    return this.#tokens[this.#at] as Token;
  }

  #next(): Token {
    const token = this.#peek;
    if (token.kind !== "end") this.#at++;
    return token;
  }

  /** Consumes the next sign if it is one of these. */
  #sign(signs: string): Token | undefined {
    const { kind, text } = this.#peek;
    return kind === "sign" && signs.includes(text) ? this.#next() : undefined;
  }

  #expect(sign: string): void {
    if (this.#sign(sign)) return;
    throw new ExpressionError(this.#peek.offset, `"${sign}" is missing before ${this.#peek.text}`);
  }

  #sum(): Expression {
    let left = this.#product();
    for (let sign = this.#sign("+-"); sign; sign = this.#sign("+-")) {
      const right = this.#product();
      assertSame(left.unit, right.unit, sign);
      left = this.#joined(sign.text as Sign, [left, right], left.unit);
    }
    return left;
  }

  #product(): Expression {
    let left = this.#factor();
    for (let sign = this.#sign("*/"); sign; sign = this.#sign("*/")) {
      const right = this.#factor();
      const unit = product(left.unit, right.unit, sign.text === "*" ? 1 : -1);
      left = this.#joined(sign.text as Sign, [left, right], unit);
    }
    return left;
  }

  /** Combines two values; reuses the slot of an equal earlier calculation. */
  #joined(sign: Sign, [left, right]: [Expression, Expression], unit: Unit): Expression {
    const text = `(${left.text}${sign}${right.text})`;
    const slot = this.#scope.calculated.get(text);
    if (slot !== undefined) return { ...atSlot(slot, unit), text };
    return { unit, text, evaluate: operation(sign, left, right) };
  }

  #factor(): Expression {
    if (this.#sign("-")) {
      const { unit, evaluate, text } = this.#factor();
      return { unit, evaluate: (v) => -evaluate(v), text: `(-${text})` };
    }
    if (this.#sign("(")) {
      const inner = this.#sum();
      this.#expect(")");
      return inner;
    }
    const token = this.#next();
    if (token.kind === "number") {
      const value = Number(token.text);
      return { unit: NUMBER, evaluate: () => value, text: String(value), value };
    }
    if (token.kind === "name") {
      return this.#peek.text === "(" ? this.#call(token) : this.#name(token);
    }
    throw new ExpressionError(token.offset, `A value is missing before ${token.text}`);
  }

  #name({ text, offset }: Token): Expression {
    const known = this.#scope.names.get(text);
    if (known !== undefined) {
      return atSlot(known.slot, known.unit);
    }
    const standard = STANDARD[text];
    if (standard !== undefined) return parseExpression(standard, this.#scope);
    const names = [...this.#scope.names.keys(), ...Object.keys(STANDARD)];
    throw new ExpressionError(offset, `There is no value "${text}". ${suggestion(text, names)}`);
  }

  #call(name: Token): Expression {
    this.#next();
    if (isWindow(name.text)) return this.#window(name.text);
    const known = Object.hasOwn(FUNCTIONS, name.text) ? FUNCTIONS[name.text] : undefined;
    if (known === undefined) {
      const names = [...Object.keys(WINDOWS), ...Object.keys(FUNCTIONS)];
      const hint = suggestion(name.text, names);
      throw new ExpressionError(name.offset, `There is no function "${name.text}". ${hint}`);
    }
    const [first, ...others] = this.#parameters(name, known.count);
    if (first === undefined) throw new ExpressionError(name.offset, "A value is missing");
    for (const other of others) assertSame(first.unit, other.unit, name);
    const { of } = known;
    const [a, b] = [first.evaluate, others[0]?.evaluate];
    const texts = [first, ...others].map((each) => each.text);
    return {
      unit: first.unit,
      evaluate: b ? (v) => of(a(v), b(v)) : (v) => of(a(v)),
      text: `${name.text}(${texts.join(",")})`,
    };
  }

  #parameters({ text, offset }: Token, count: number): Expression[] {
    const found = [this.#sum()];
    while (this.#sign(",")) found.push(this.#sum());
    this.#expect(")");
    if (found.length === count) return found;
    const values = count === 1 ? "1 value" : `${count} values`;
    throw new ExpressionError(offset, `${text} takes ${values}, not ${found.length}`);
  }

  #window(name: WindowFunction): Expression {
    const { kind, text, offset } = this.#next();
    const ms = kind === "duration" ? parseDurationMs(text) : 0;
    if (ms <= 0 || ms > WINDOW_MS_MAX) {
      const most = formatDurationMs(WINDOW_MS_MAX);
      throw new ExpressionError(offset, `${name} takes a time up to ${most}, like ${name}(1m)`);
    }
    this.#expect(")");
    const slot = this.#scope.windowSlot(name, ms);
    return atSlot(slot, WINDOWS[name]);
  }
}

function atSlot(slot: number, unit: Unit): Expression {
  return { unit, evaluate: (values) => values[slot] as number, text: `#${slot}`, slot };
}

function isWindow(name: string): name is WindowFunction {
  return Object.hasOwn(WINDOWS, name);
}

function assertSame(left: Unit, right: Unit, { text, offset }: Token): void {
  if (isSameUnit(left, right)) return;
  const [a, b] = [unitText(left), unitText(right)];
  throw new ExpressionError(offset, `"${text}" joins ${a} and ${b}, which are no one unit`);
}
