import {
  type Document,
  isScalar,
  type Node,
  parseDocument,
  type ParseOptions,
  type SchemaOptions,
  visit,
  YAMLParseError,
} from "yaml";

/** Bytes of a YAML text; a longer one is refused unread. */
const TEXT_LENGTH_MAX = 8 * 1024 * 1024;
/** Aliases (`*name`) in a YAML text: each costs a walk through all of it. */
const ALIASES_MAX = 50;

/** How a text is parsed, besides what is the same for all. */
export type YamlOptions = Pick<ParseOptions, "lineCounter"> & Pick<SchemaOptions, "schema">;

/**
 * Parses one YAML document in time that grows with its length. Too long a text, too many aliases
 * and keys that stand twice are errors of the document; nothing is thrown.
 */
export function parseYaml(text: string, options: YamlOptions = {}): Document.Parsed {
  const isLong = text.length > TEXT_LENGTH_MAX;
  const document = parseDocument(isLong ? "" : text, {
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
  if (document.errors.length === 0) document.errors.push(...structureErrors(document));
  return document;
}

function structureErrors(document: Document.Parsed): YAMLParseError[] {
  const errors: YAMLParseError[] = [];
  let aliases = 0;
  visit(document, {
    Alias(_, node) {
      if (++aliases <= ALIASES_MAX) return undefined;
      const message = `more than ${ALIASES_MAX} aliases (*name)`;
      errors.push(new YAMLParseError(positionOf(node), "BAD_ALIAS", message));
      return visit.BREAK;
    },
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
