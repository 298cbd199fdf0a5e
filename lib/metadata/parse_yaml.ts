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

/** Bytes of a YAML text; a longer one is refused unread. */
const TEXT_LENGTH_MAX = 8 * 1024 * 1024;
/** Aliases (`*name`) in a YAML text: each costs a walk through all of it. Beyond it, it is not parsed. */
const ALIASES_MAX = 50;
/** Tokens of the lexer that stand for no text: start of a document, end of a flow, start of a scalar. */
const SCALAR_FOLLOWS = "\x1f";
const MARKS: ReadonlySet<string> = new Set(["\x02", "\x18", SCALAR_FOLLOWS]);

/** How a text is parsed, besides what is the same for all. */
type YamlOptions = Pick<ParseOptions, "lineCounter"> & Pick<SchemaOptions, "schema">;

/**
 * Parses one YAML document in time that grows with its length. Too long a text, too many aliases
 * and keys that stand twice are errors of the document; nothing is thrown.
 */
export function parseYaml(text: string, options: YamlOptions = {}): Document.Parsed {
  const isLong = text.length > TEXT_LENGTH_MAX;
  const excess = isLong ? undefined : excessAlias(text);
  const document = parseDocument(isLong ? "" : text.slice(0, excess?.[1]), {
    ...options,
    prettyErrors: false,
    // Warnings would repeat a piece of the text, which may be a secret.
    logLevel: "error",
    // The parser's own check compares each key with each.
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

/** Where the first alias beyond the limit starts and ends; undefined = there is none. */
function excessAlias(text: string): [number, number] | undefined {
  // Stars are in few texts: the others are not read twice.
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
