/**
 * One style of error sentences and hints: a capital letter first, no full stop at the end.
 * @module
 */
import { isTest } from "./layers.ts";

/** Made of a code and a sentence. */
const ERROR_CLASS = /(Error|Problem|Denied|Refused)$/;
/** Their messages follow a colon in our errors. */
const BUILT_IN = /^(Range|Type|Syntax)?Error$/;
/** A plain word; `key_id`, `deno.json`, `ssmd` and `--flag` are names and keep their case. */
const LOWER_WORD = /^(?!(ssmd|deno|git|pip|esbuild) )[a-z]+(?=[\s,;'’]|$)/;

/** Returns the finding for the start and end of a sentence; undefined = none. */
export function sentenceFinding({ first, last }: { first: string; last: string }) {
  if (LOWER_WORD.test(first)) return "a sentence begins with a capital letter";
  if (/[^.]\.$/.test(last)) return "a sentence of an error or hint ends without a full stop";
  return undefined;
}

type Node = Deno.lint.Node;

/** Returns the text nodes with which a text may start and end. */
function endsOf(node: Node | undefined): { first: Node[]; last: Node[] } {
  switch (node?.type) {
    case "Literal":
      return typeof node.value === "string" && node.value !== ""
        ? { first: [node], last: [node] }
        : { first: [], last: [] };
    case "TemplateLiteral": {
      const { 0: first, length } = node.quasis;
      const last = node.quasis[length - 1];
      const isText = (part: typeof first) => part !== undefined && part.raw !== "";
      return { first: isText(first) ? [node] : [], last: isText(last) ? [node] : [] };
    }
    case "BinaryExpression":
      return { first: endsOf(node.left).first, last: endsOf(node.right).last };
    case "ConditionalExpression":
      return both(endsOf(node.consequent), endsOf(node.alternate));
    case "LogicalExpression":
      return both(endsOf(node.left), endsOf(node.right));
    default:
      return { first: [], last: [] };
  }
}

function both(a: ReturnType<typeof endsOf>, b: ReturnType<typeof endsOf>) {
  return { first: [...a.first, ...b.first], last: [...a.last, ...b.last] };
}

/** Checks constructed errors, hints, and arguments of functions that create a thrown error. */
export const sentences: Deno.lint.Rule = {
  create(context) {
    if (isTest(context.filename)) return {};
    const check = (node: Node | undefined, alsoFirst = true) => {
      const { first, last } = endsOf(node);
      for (const each of alsoFirst ? first : []) {
        const at = each.range[0] + 1;
        const text = context.sourceCode.text.slice(at, each.range[1] - 1);
        const message = sentenceFinding({ first: text, last: "" });
        if (message === undefined) continue;
        const fix = (fixer: Deno.lint.Fixer) =>
          fixer.replaceTextRange([at, at + 1], text.charAt(0).toUpperCase());
        context.report({ node: each, message, fix });
      }
      for (const each of last) {
        const end = each.range[1] - 1;
        const message = sentenceFinding({
          first: "",
          last: context.sourceCode.text.slice(each.range[0], end),
        });
        if (message === undefined) continue;
        const fix = (fixer: Deno.lint.Fixer) => fixer.replaceTextRange([end - 1, end], "");
        context.report({ node: each, message, fix });
      }
    };
    return {
      NewExpression({ callee, arguments: [first, second] }) {
        if (callee.type !== "Identifier" || !ERROR_CLASS.test(callee.name)) return;
        if (BUILT_IN.test(callee.name)) check(first, false);
        else check(second?.type === "ObjectExpression" ? first : second ?? first);
      },
      Property({ key, value }) {
        if (key.type === "Identifier" && key.name === "hint") check(value);
      },
      ThrowStatement({ argument }) {
        if (argument?.type !== "CallExpression") return;
        for (const each of argument.arguments) check(each, false);
      },
    };
  },
};
