/**
 * The direction table as a rule of `deno lint`. Deno loads a plugin by its default export, the only
 * one of the repository.
 * @module
 */
import { importFinding } from "./layers.ts";

const ROOT = new URL("../", import.meta.url).pathname;

function fromRoot(filename: string): string {
  return filename.startsWith(ROOT) ? filename.slice(ROOT.length) : filename.replace(/^\//, "");
}

/** The literal of a specifier; undefined when it is computed. */
function literalOf(node: Deno.lint.Node): string | undefined {
  return node.type === "Literal" && typeof node.value === "string" ? node.value : undefined;
}

const plugin: Deno.lint.Plugin = {
  name: "ssmd",
  rules: {
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
