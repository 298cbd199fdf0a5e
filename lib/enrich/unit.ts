/** Unit of a value as powers: a price is {price: 1, size: 0}, a ratio {price: 0, size: 0}. */
export interface Unit {
  /** Power of the price, paid per unit. */
  price: number;
  /** Power of the size, in units. */
  size: number;
}

/** A plain number. */
export const NUMBER: Unit = { price: 0, size: 0 };
/** Price per unit. */
export const PRICE: Unit = { price: 1, size: 0 };
/** Number of units. */
export const SIZE: Unit = { price: 0, size: 1 };

/** Returns whether two values can be added and compared. */
export function isSameUnit(a: Unit, b: Unit): boolean {
  return a.price === b.price && a.size === b.size;
}

/** Returns the unit of a product, or of a quotient with `sign` -1. */
export function product(a: Unit, b: Unit, sign: 1 | -1 = 1): Unit {
  return { price: a.price + sign * b.price, size: a.size + sign * b.size };
}

/** Formats a unit: `number`, `price`, `price·size`, `price^2·size^-1`. */
export function unitText(unit: Unit): string {
  const powers = Object.entries(unit).filter(([, power]) => power !== 0)
    .map(([name, power]) => power === 1 ? name : `${name}^${power}`);
  return powers.length === 0 ? "number" : powers.join("·");
}
