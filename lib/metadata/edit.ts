import { ConfigError } from "@ssmd/runtime";
import { type Document, isMap, isSeq, parseDocument, Scalar, visit } from "yaml";
import { formatPath } from "./finding.ts";
import { parseYaml } from "./parse_yaml.ts";
import { mergeChange } from "./text_diff.ts";

const STYLE = { lineWidth: 0, flowCollectionPadding: true } as const;

/** A path into a YAML document. */
type YamlPath = readonly (string | number)[];

/** Edits values of a YAML text; keeps all other lines, comments and the order. */
export class YamlEdit {
  #text: string;
  #document: Document;

  /** Parses the text. Throws ConfigError `CONFIG_INVALID` when it is not valid YAML. */
  constructor(text: string) {
    this.#text = text;
    this.#document = parseYaml(text);
    if (this.#document.errors.length > 0) {
      throw new ConfigError(
        "CONFIG_INVALID",
        "The file is not valid YAML, so it cannot be edited",
        {
          hint: "ssmd validate says where; correct it by hand",
        },
      );
    }
  }

  /** Returns the value at `path`; undefined when there is none. */
  get(path: YamlPath): unknown {
    const node: unknown = this.#document.getIn(path, true);
    if (typeof node !== "object" || node === null) return undefined;
    return (node as { toJS(document: Document): unknown }).toJS(this.#document);
  }

  /** Sets a value, creating maps on the way. Throws ConfigError when another type is in the way. */
  set(path: YamlPath, value: unknown): void {
    const above = this.#document.getIn(path.slice(0, -1), true);
    // Write an empty `{}` in block style, as the new content would make a long line.
    if (isMap(above) && above.items.length === 0) above.flow = false;
    this.#within(path, () => this.#document.setIn(path, this.#node(value, path.length)));
  }

  /** Appends to a list, created if missing. */
  append(path: YamlPath, value: unknown): void {
    if (this.#document.getIn(path) === undefined) {
      return this.set(path, [value]);
    }
    const list = this.#document.getIn(path);
    if (isSeq(list) && list.items.length === 0 && typeof value === "object") list.flow = false;
    this.#within(path, () => this.#document.addIn(path, this.#node(value, path.length + 1)));
  }

  /** Inserts into a list before `index`; appends when the list is shorter or missing. */
  insert(path: YamlPath, index: number, value: unknown): void {
    const list = this.#document.getIn(path);
    if (!isSeq(list) || index >= list.items.length) return this.append(path, value);
    list.items.splice(index, 0, this.#node(value, path.length + 1));
  }

  /** Removes a value; returns whether it existed. */
  remove(path: YamlPath): boolean {
    if (!this.#document.hasIn(path)) return false;
    return this.#within(path, () => this.#document.deleteIn(path));
  }

  /** Returns the changed text. */
  toString(): string {
    const base = parseDocument(this.#text, { prettyErrors: false }).toString(STYLE);
    const changed = this.#document.toString(STYLE);
    if (base === changed) return this.#text;
    const tight = (text: string) => text.replace(/\[ ([^[\]"'#\n]*) \]/g, "[$1]");
    const merged = mergeChange(this.#text, tight(base), tight(changed));
    return sameValue(merged, changed) ? merged : changed;
  }

  #within<T>(path: YamlPath, run: () => T): T {
    try {
      return run();
    } catch (cause) {
      throw new ConfigError("CONFIG_INVALID", `${formatPath(path)} cannot be set`, {
        hint: "A part of the path is a single value or a list, not a map",
        cause,
      });
    }
  }

  /** Creates a node; nested leaf values are written on one line. */
  #node(value: unknown, depth: number): unknown {
    if (typeof value !== "object" || value === null) {
      return quotedTimes(this.#document.createNode(value));
    }
    const isLeaf = Object.values(value).every((each) => typeof each !== "object");
    const flow = isLeaf && (Array.isArray(value) || depth > 1);
    const node = this.#document.createNode(value, { flow });
    if (!flow) flowLeaves(node);
    return quotedTimes(node);
  }
}

/** Quotes days and times of day, which other YAML readers parse as dates and base-60 numbers. */
function quotedTimes<T>(node: T): T {
  visit(node as Parameters<typeof visit>[0], {
    Scalar(_key, scalar) {
      if (/^(\d{4}-\d\d-\d\d|\d\d:\d\d)$/.test(String(scalar.value))) {
        scalar.type = Scalar.QUOTE_DOUBLE;
      }
    },
  });
  return node;
}

/** Writes lists of scalars and small maps inside a block on one line. */
function flowLeaves(node: unknown): void {
  if (!isMap(node) && !isSeq(node)) return;
  for (const item of node.items) {
    const value = (item as { value?: unknown }).value ?? item;
    const child = isMap(value) || isSeq(value) ? value : undefined;
    if (!child) continue;
    const leaves = child.items.every((each) => {
      const inner = (each as { value?: unknown }).value ?? each;
      return !isMap(inner) && !isSeq(inner);
    });
    if (leaves && isSeq(node) === false) child.flow = true;
    else flowLeaves(child);
  }
}

/** Returns the YAML text of a new file, after comment lines. */
export function yamlText(value: object, comments: readonly string[] = []): string {
  const edit = new YamlEdit("{}\n");
  for (const [key, each] of Object.entries(value)) if (each !== undefined) edit.set([key], each);
  return comments.map((line) => `# ${line}\n`).join("") + edit.toString();
}

function sameValue(a: string, b: string): boolean {
  const [first, second] = [parseDocument(a, { prettyErrors: false }), parseDocument(b)];
  if (first.errors.length > 0) return false;
  return JSON.stringify(first.toJS()) === JSON.stringify(second.toJS());
}
