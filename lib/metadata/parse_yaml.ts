import {
  type Document,
  isScalar,
  Lexer,
  type Node,
  parseDocument,
  type ParseOptions,
  type SchemaOptions,
  visit,
  YAMLParseError,
} from "yaml";

/** Maximum text length; longer texts are not parsed. */
const TEXT_LENGTH_MAX = 8 * 1024 * 1024;
/** Maximum aliases (`*name`), as each costs a walk through the text; beyond it, parsing stops. */
const ALIASES_MAX = 50;
/** Lexer tokens without text: document start, flow end, scalar start. */
const SCALAR_FOLLOWS = "\x1f";
const MARKS: ReadonlySet<string> = new Set(["\x02", "\x18", SCALAR_FOLLOWS]);

/** Parse options that vary by caller. */
type YamlOptions = Pick<ParseOptions, "lineCounter"> & Pick<SchemaOptions, "schema">;

/**
 * Parses one YAML document in linear time. Reports an overlong text, too many aliases and duplicate
 * keys as errors of the document; throws nothing.
 */
export function parseYaml(text: string, options: YamlOptions = {}): Document.Parsed {
  const isLong = text.length > TEXT_LENGTH_MAX;
  const excess = isLong ? undefined : excessAlias(text);
  const document = parseDocument(isLong ? "" : text.slice(0, excess?.[1]), {
    ...options,
    prettyErrors: false,
    // Warnings would repeat a part of the text, which may be a secret.
    logLevel: "error",
    // The parser's own check is quadratic.
    uniqueKeys: false,
  });
  if (isLong) {
    const message = `longer than ${TEXT_LENGTH_MAX / 1024 / 1024} MiB`;
    document.errors.push(new YAMLParseError([0, 0], "IMPOSSIBLE", message));
  }
  if (excess !== undefined) {
    const message = `more than ${ALIASES_MAX} aliases (*name)`;
    document.errors = [new YAMLParseError(excess, "BAD_ALIAS", message)];
  }
  if (document.errors.length === 0) document.errors.push(...structureErrors(document));
  return document;
}

/** Returns start and end of the first alias beyond the limit; undefined = none. */
function excessAlias(text: string): [number, number] | undefined {
  // Lex only texts with enough stars.
  if (!isMoreThan(ALIASES_MAX, text.matchAll(/\*/g))) return undefined;
  let offset = 0;
  let aliases = 0;
  let previous = "";
  for (const token of new Lexer().lex(text)) {
    const end = MARKS.has(token) ? offset : offset + token.length;
    const isAlias = token.startsWith("*") && previous !== SCALAR_FOLLOWS;
    if (isAlias && ++aliases > ALIASES_MAX) return [offset, end];
    offset = end;
    previous = token;
  }
  return undefined;
}

function isMoreThan(limit: number, items: Iterable<unknown>): boolean {
  let count = 0;
  for (const _ of items) if (++count > limit) return true;
  return false;
}

function structureErrors(document: Document.Parsed): YAMLParseError[] {
  const errors: YAMLParseError[] = [];
  visit(document, {
    Map(_, map) {
      const keys = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (keys.has(key.value)) {
          errors.push(
            new YAMLParseError(positionOf(key), "DUPLICATE_KEY", "Map keys must be unique"),
          );
        }
        keys.add(key.value);
      }
    },
  });
  return errors;
}

function positionOf(node: Node): [number, number] {
  const [start = 0, end = start] = node.range ?? [];
  return [start, end];
}
