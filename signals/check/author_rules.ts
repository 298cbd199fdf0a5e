/**
 * Rules for signal authors, as a `deno lint` plugin. The sandbox blocks all of this at run time;
 * here authors see the line. Deno loads a plugin by its default export.
 * @module
 */

/** Platform globals, and globals whose results vary by time or machine. */
const REFUSED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...["Deno", "process", "require", "module", "global", "globalThis", "self", "window"],
      ...["fetch", "XMLHttpRequest", "WebSocket", "EventSource", "BroadcastChannel", "Worker"],
      ...["SharedArrayBuffer", "Atomics", "WebAssembly", "navigator", "caches", "localStorage"],
      ...["sessionStorage", "alert", "confirm", "prompt", "postMessage", "Buffer"],
    ].map((name) => [name, "a signal reaches nothing outside of itself"]),
  ),
  console: "a signal prints nothing; say it in fire",
  ...Object.fromEntries(
    ["Date", "performance", "Temporal", "setTimeout", "setInterval", "queueMicrotask"]
      .map((name) => [name, "a signal has no clock; its time is that of records"]),
  ),
  ...Object.fromEntries(
    ["crypto", "WeakRef", "FinalizationRegistry"]
      .map((name) => [name, "it answers otherwise another time"]),
  ),
  Intl: "it answers otherwise elsewhere",
  Promise: "a signal waits for nothing",
  eval: "code is made when it is committed",
  Function: "code is made when it is committed",
  Proxy: "it hides what is read",
  Reflect: "it reaches around what may be read",
};

/** Properties that reach refused globals from plain values. */
const REFUSED_PROPERTIES: Readonly<Record<string, string>> = {
  constructor: "it leads to the maker of functions",
  ["__proto__"]: "it changes what others see",
  prototype: "it changes what others see",
  random: "a signal has no chance",
  setPrototypeOf: "it changes what others see",
  defineProperty: "it changes what others see",
  defineProperties: "it changes what others see",
  getPrototypeOf: "it leads to what others see",
  __defineGetter__: "it changes what others see",
  __defineSetter__: "it changes what others see",
  __lookupGetter__: "it leads to what others see",
  prepareStackTrace: "it changes what others see",
  toLocaleString: "it answers otherwise elsewhere",
  localeCompare: "it answers otherwise elsewhere",
};

/** Built-in objects of the language. */
const LANGUAGE: ReadonlySet<string> = new Set([
  ...["Array", "ArrayBuffer", "BigInt", "Boolean", "DataView", "Error", "Iterator", "JSON", "Map"],
  ...["Math", "Number", "Object", "RangeError", "RegExp", "Set", "String", "Symbol", "TypeError"],
]);

const SDK = "@ssmd/signal";

const plugin: Deno.lint.Plugin = {
  name: "signal",
  rules: {
    language: { create: (context) => languageRules(context) },
    imports: { create: (context) => importRules(context) },
    state: { create: (context) => stateRules(context) },
  },
};

export default plugin;

function languageRules(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  const refuse = (node: Deno.lint.Node, what: string, why: string) =>
    context.report({ node, message: `${what} cannot be used by a signal: ${why}` });
  const waits = (node: Deno.lint.Node, what: string) =>
    refuse(node, what, "a signal waits for nothing");
  return {
    Identifier(node) {
      const why = Object.hasOwn(REFUSED, node.name) ? REFUSED[node.name] : undefined;
      if (why !== undefined && isReference(node)) refuse(node, node.name, why);
    },
    MemberExpression(node) {
      const name = propertyName(node);
      const why = name !== undefined && Object.hasOwn(REFUSED_PROPERTIES, name)
        ? REFUSED_PROPERTIES[name]
        : undefined;
      if (why !== undefined) refuse(node.property, `"${name}"`, why);
      else if (name === undefined && isComputedText(node.property)) {
        refuse(node.property, "a computed name", "what it reads cannot be checked");
      }
    },
    AssignmentExpression(node) {
      const owner = globalOwner(node.left);
      if (owner !== undefined) refuse(node.left, `a change of ${owner}`, "others see it, too");
    },
    AwaitExpression: (node) => waits(node, "await"),
    YieldExpression: () => {},
    FunctionDeclaration: (node) => node.async && waits(node, "async"),
    FunctionExpression: (node) => node.async && waits(node, "async"),
    ArrowFunctionExpression: (node) => node.async && waits(node, "async"),
    DebuggerStatement: (node) => refuse(node, "debugger", "nobody listens"),
  };
}

/** Returns the built-in object whose property an assignment changes; undefined when none. */
function globalOwner(left: Deno.lint.Node): string | undefined {
  if (left.type !== "MemberExpression") return undefined;
  let owner: Deno.lint.Node = left.object;
  while (owner.type === "TSAsExpression") owner = owner.expression;
  return owner.type === "Identifier" && LANGUAGE.has(owner.name) ? owner.name : undefined;
}

/** Returns whether an identifier refers to a value, not a property or key. */
function isReference(node: Deno.lint.Identifier): boolean {
  const parent: Deno.lint.Node = node.parent;
  if (parent.type === "MemberExpression") return parent.object === node || parent.computed;
  if (parent.type === "Property") return parent.value === node || parent.shorthand;
  return !["MethodDefinition", "PropertyDefinition", "TSPropertySignature"].includes(parent.type) &&
    !parent.type.startsWith("TSType");
}

/** Returns the name of the accessed property; undefined when computed. */
function propertyName(node: Deno.lint.MemberExpression): string | undefined {
  if (!node.computed) return node.property.type === "Identifier" ? node.property.name : "";
  const { property } = node;
  return property.type === "Literal" && typeof property.value === "string"
    ? property.value
    : undefined;
}

/** Returns whether a computed property concatenates strings. */
function isComputedText(node: Deno.lint.Node): boolean {
  if (node.type === "TemplateLiteral") return true;
  return node.type === "BinaryExpression" && node.operator === "+" &&
    [node.left, node.right].some((side) =>
      side.type === "Literal" && typeof side.value === "string" || isComputedText(side)
    );
}

function importRules(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  const check = (node: Deno.lint.Node, specifier: string) => {
    if (specifier === SDK || /^\.\/(?:[\w-]+\/)*[\w-]+\.ts$/.test(specifier)) return;
    const message = `"${specifier}" cannot be imported by a signal: ${SDK} and ./files.ts can`;
    context.report({ node, message });
  };
  return {
    ImportDeclaration: (node) => check(node, node.source.value),
    ExportNamedDeclaration: (node) => node.source && check(node, node.source.value),
    ExportAllDeclaration: (node) => check(node, node.source.value),
    ImportExpression(node) {
      context.report({ node, message: "a signal imports nothing while it runs" });
    },
    MetaProperty(node) {
      if (node.meta.name === "import") {
        context.report({
          node,
          message: "import.meta tells where the file lies: not for a signal",
        });
      }
    },
  };
}

/** State outside builders is missing from snapshots and lost on restart. */
function stateRules(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  const message =
    "a signal keeps state in builders only: this is lost in a restart, and shared by " +
    "all its markets";
  return {
    VariableDeclaration(node) {
      const isTop = node.parent.type === "Program" || node.parent.type === "ExportNamedDeclaration";
      if (isTop && node.kind !== "const") context.report({ node, message });
      if (!isTop || node.kind !== "const") return;
      for (const { init } of node.declarations) {
        const isMutable = init?.type === "ArrayExpression" || init?.type === "ObjectExpression" ||
          init?.type === "NewExpression";
        if (isMutable && init !== null && !isFilled(init)) context.report({ node, message });
      }
    },
  };
}

/** Returns whether a literal has contents: a constant table, not a container to fill later. */
function isFilled(node: Deno.lint.Node): boolean {
  if (node.type === "ArrayExpression") return node.elements.length > 0;
  if (node.type === "ObjectExpression") return node.properties.length > 0;
  return node.type === "NewExpression" && node.arguments.length > 0;
}
