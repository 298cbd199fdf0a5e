/** Computes a value from a market's slots; NaN = unknown. */
export type Evaluate = (values: Float64Array) => number;

/** A binary operator. */
export type Sign = "+" | "-" | "*" | "/";

/** An operand; `slot` or `value` allow direct access when it is just that. */
interface Operand {
  evaluate: Evaluate;
  slot?: number | undefined;
  value?: number | undefined;
}

/** Returns a function for an operator, specialized to save calls: it runs per record. */
export function operation(sign: Sign, left: Operand, right: Operand): Evaluate {
  if (left.slot !== undefined && right.slot !== undefined) {
    return ofSlots(sign, left.slot, right.slot);
  }
  if (right.value !== undefined) return withNumber(sign, left.evaluate, right.value);
  return ofBoth(sign, left.evaluate, right.evaluate);
}

function ofSlots(sign: Sign, a: number, b: number): Evaluate {
  if (sign === "+") return (v) => (v[a] as number) + (v[b] as number);
  if (sign === "-") return (v) => (v[a] as number) - (v[b] as number);
  if (sign === "*") return (v) => (v[a] as number) * (v[b] as number);
  return (v) => (v[a] as number) / (v[b] as number);
}

function withNumber(sign: Sign, a: Evaluate, b: number): Evaluate {
  if (sign === "+") return (v) => a(v) + b;
  if (sign === "-") return (v) => a(v) - b;
  if (sign === "*") return (v) => a(v) * b;
  return (v) => a(v) / b;
}

function ofBoth(sign: Sign, a: Evaluate, b: Evaluate): Evaluate {
  if (sign === "+") return (v) => a(v) + b(v);
  if (sign === "-") return (v) => a(v) - b(v);
  if (sign === "*") return (v) => a(v) * b(v);
  return (v) => a(v) / b(v);
}
