/**
 * The direction table as a rule of `deno lint`. Deno loads a plugin by its default export, the only
 * one of the repository.
 * @module
 */
import { nameFinding, parametersFinding } from "./house_rules.ts";
import { importFinding } from "./layers.ts";
import { sentences } from "./sentence_rule.ts";

const ROOT = new URL("../", import.meta.url).pathname;

function fromRoot(filename: string): string {
  return filename.startsWith(ROOT) ? filename.slice(ROOT.length) : filename.replace(/^\//, "");
}

/** The literal of a specifier; undefined when it is computed. */
function literalOf(node: Deno.lint.Node): string | undefined {
  return node.type === "Literal" && typeof node.value === "string" ? node.value : undefined;
}

/** Limits positional parameters of functions, methods and their types. */
const parameters: Deno.lint.Rule = {
  create(context) {
    const path = fromRoot(context.filename);
    const check = (node: Deno.lint.Node & { params: readonly unknown[] }) => {
      const message = parametersFinding(path, node.params.length);
      if (message !== undefined) context.report({ node, message });
    };
    return {
      FunctionDeclaration: check,
      FunctionExpression: check,
      ArrowFunctionExpression: check,
      TSFunctionType: check,
      TSMethodSignature: check,
    };
  },
};

/** Forbids words of earlier versions in declared names. */
const words: Deno.lint.Rule = {
  create(context) {
    const check = (node: Deno.lint.Node | Deno.lint.Parameter | null | undefined) => {
      if (node?.type !== "Identifier" && node?.type !== "PrivateIdentifier") return;
      const message = nameFinding(node.name);
      if (message !== undefined) context.report({ node, message });
    };
    return {
      FunctionDeclaration(node) {
        check(node.id);
        node.params.forEach((each) => check(each));
      },
      FunctionExpression: (node) => node.params.forEach((each) => check(each)),
      ArrowFunctionExpression: (node) => node.params.forEach((each) => check(each)),
      ClassDeclaration: (node) => check(node.id),
      TSInterfaceDeclaration: (node) => check(node.id),
      TSTypeAliasDeclaration: (node) => check(node.id),
      VariableDeclarator: (node) => check(node.id),
      MethodDefinition: (node) => check(node.key),
      PropertyDefinition: (node) => check(node.key),
      TSPropertySignature: (node) => check(node.key),
      TSMethodSignature: (node) => check(node.key),
    };
  },
};

const plugin: Deno.lint.Plugin = {
  name: "ssmd",
  rules: {
    parameters,
    sentences,
    words,
    "named-exports": {
      create: (context) => ({
        ExportAllDeclaration(node) {
          context.report({ node, message: "export names one by one: a face is a list of them" });
        },
      }),
    },
    layers: {
      create(context) {
        const from = fromRoot(context.filename);
        const check = (node: Deno.lint.Node, specifier: string, typeOnly: boolean) => {
          const message = importFinding({ from, specifier, typeOnly });
          if (message !== undefined) context.report({ node, message });
        };
        return {
          ImportDeclaration(node) {
            check(node, node.source.value, node.importKind === "type");
          },
          ExportNamedDeclaration(node) {
            if (node.source) check(node, node.source.value, node.exportKind === "type");
          },
          ExportAllDeclaration(node) {
            check(node, node.source.value, node.exportKind === "type");
          },
          ImportExpression(node) {
            const specifier = literalOf(node.source);
            if (specifier !== undefined) check(node, specifier, false);
            else {
              context.report({
                node,
                message:
                  "a computed import cannot be checked: write literal ones in a plain object",
              });
            }
          },
        };
      },
    },
  },
};

export default plugin;
