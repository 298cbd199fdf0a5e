/** Globals that customers' code may use; all others are removed. */
const KEPT: ReadonlySet<string> = new Set([
  ...["Object", "Function", "Array", "Number", "Boolean", "String", "Symbol", "BigInt", "Math"],
  ...["JSON", "Map", "Set", "Iterator", "Reflect", "Proxy", "RegExp", "DataView", "ArrayBuffer"],
  ...["Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array"],
  ...["Uint32Array", "Float16Array", "Float32Array", "Float64Array", "BigInt64Array"],
  ...["BigUint64Array", "Error", "AggregateError", "EvalError", "RangeError", "ReferenceError"],
  ...["SyntaxError", "TypeError", "URIError", "parseFloat", "parseInt", "isNaN", "isFinite"],
  ...["decodeURI", "decodeURIComponent", "encodeURI", "encodeURIComponent"],
  ...["Infinity", "NaN", "undefined", "globalThis"],
]);

/** Features whose results vary by machine or run, or that are non-standard. */
const REMOVED: readonly (readonly [object, string])[] = [
  [Math, "random"],
  [String.prototype, "localeCompare"],
  [String.prototype, "toLocaleLowerCase"],
  [String.prototype, "toLocaleUpperCase"],
  [Number.prototype, "toLocaleString"],
  [BigInt.prototype, "toLocaleString"],
  [Array.prototype, "toLocaleString"],
  [Object.prototype, "toLocaleString"],
  [Error, "captureStackTrace"],
];

/** Inherited properties that ordinary code assigns; if frozen, that would throw. */
const ASSIGNABLE: readonly (readonly [object, readonly string[]])[] = [
  [Object.prototype, ["toString", "valueOf", "constructor"]],
  ...[
    Error,
    AggregateError,
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    URIError,
  ]
    .map((kind) => [kind.prototype, ["name", "message", "toString", "constructor"]] as const),
];

/**
 * Removes everything from this process that is not part of the language or that lets one part of
 * the code affect another: globals, clock, randomness, locale. Freezes the language's own objects,
 * and `shared` with everything reachable from it. The host must keep references to what it needs.
 * `kept` names further globals to keep, also frozen.
 */
export function harden(shared: readonly object[], kept: readonly string[] = []): void {
  for (const name of Reflect.ownKeys(globalThis)) {
    const isKept = typeof name === "string" && (KEPT.has(name) || kept.includes(name));
    if (!isKept) Reflect.deleteProperty(globalThis, name);
  }
  // Deleting one would make all others of its object slow to look up: `Math.round`, `slice`.
  for (const [from, name] of REMOVED) Reflect.defineProperty(from, name, { value: undefined });
  for (const name of Reflect.ownKeys(RegExp)) {
    // Static properties expose the last match of any code.
    if (!["length", "name", "prototype"].includes(String(name)) && name !== Symbol.species) {
      Reflect.deleteProperty(RegExp, name);
    }
  }
  Error.stackTraceLimit = 0;
  for (const [prototype, names] of ASSIGNABLE) makeAssignable(prototype, names);
  Object.setPrototypeOf(globalThis, null);
  // Deno dispatches the end of the process on the global object.
  Object.defineProperty(globalThis, "dispatchEvent", { value: () => true });
  const seen = new Set<object>();
  for (const root of [...hiddenIntrinsics(), globalThis, ...shared]) freezeAll(root, seen);
}

/** Makes an assignment on a derived object create its own property, as without freezing. */
function makeAssignable(prototype: object, names: readonly string[]): void {
  for (const name of names) {
    const known = Object.getOwnPropertyDescriptor(prototype, name);
    if (known === undefined || !("value" in known)) continue;
    const value: unknown = known.value;
    Object.defineProperty(prototype, name, {
      get: () => value,
      set(this: object, own: unknown) {
        if (this === prototype) throw new TypeError(`"${name}" cannot be changed`);
        Object.defineProperty(this, name, {
          ...{ value: own, writable: true, enumerable: true, configurable: true },
        });
      },
      enumerable: false,
      configurable: false,
    });
  }
}

/** Returns intrinsics reachable only through syntax. */
function hiddenIntrinsics(): object[] {
  const iterators = [
    ...[[][Symbol.iterator](), ""[Symbol.iterator](), new Map().keys(), new Set().keys()],
    ...["".matchAll(/x/g), [].values().map((each) => each)],
    Iterator.from({ next: () => ({ done: true, value: undefined }) }),
  ];
  const functions = [function* () {}, async function () {}, async function* () {}];
  return [...iterators, ...functions].flatMap((each) => {
    const chain: object[] = [];
    for (let at: object | null = Object.getPrototypeOf(each); at; at = Object.getPrototypeOf(at)) {
      chain.push(at);
    }
    return chain;
  });
}

function freezeAll(root: object, seen: Set<object>): void {
  const waiting: object[] = [root];
  for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
    if (seen.has(each)) continue;
    seen.add(each);
    Object.freeze(each);
    const prototype: object | null = Object.getPrototypeOf(each);
    if (prototype !== null) waiting.push(prototype);
    for (const name of Reflect.ownKeys(each)) {
      const property = Object.getOwnPropertyDescriptor(each, name);
      for (const part of [property?.value, property?.get, property?.set]) {
        if (isObject(part)) waiting.push(part);
      }
    }
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
