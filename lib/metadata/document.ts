import { type Document, isMap, isPair, isScalar, LineCounter, type Node } from "yaml";
import { messageOf } from "@ssmd/runtime/errors";
import { type Finding, formatPath } from "./finding.ts";
import { parseYaml } from "./parse_yaml.ts";

/** A file to check: its displayed path, and its text. */
export interface SourceFile {
  /** Displayed path; folder and name determine its kind. */
  path: string;
  text: string;
}

type Path = readonly PropertyKey[];

/** Explanations of YAML errors for people who do not know the parser. */
const SYNTAX: Record<string, string> = {
  TAB_AS_INDENT: "a tab is used to indent; YAML wants spaces",
  DUPLICATE_KEY: "this key stands here a second time; keep one of them",
  MULTIPLE_DOCS: "a second document begins here (---); a file holds one",
  BAD_INDENT: "a bracket is not closed, or the indentation does not fit the lines around it",
  MISSING_CHAR: "a closing quote or bracket, or a colon, is missing",
};

/** Maximum syntax findings per file. */
const SYNTAX_FINDINGS_MAX = 20;

/** A parsed YAML file with the positions of its values. */
export class YamlSource {
  readonly file: string;
  /** Content as plain values; undefined on a syntax error. */
  readonly value: unknown;
  /** Whether it is from an earlier commit: unused attributes are then allowed. */
  readonly isPast: boolean;
  /** Syntax errors. */
  readonly findings: Finding[];
  #document: Document.Parsed;
  #lines = new LineCounter();

  /** Parses the file; reports syntax errors in `findings`, throws nothing. */
  constructor(source: SourceFile, isPast = false) {
    this.file = source.path;
    this.isPast = isPast;
    this.#document = parseYaml(source.text, { lineCounter: this.#lines });
    const problems = [...this.#document.errors, ...this.#document.warnings];
    this.findings = firstOfEachLine(
      problems.map((problem) =>
        this.#findingAt(problem.pos[0], [], `not valid YAML: ${syntaxText(problem)}`)
      ),
    );
    this.value = this.findings.length === 0 ? this.#plain(source.text) : undefined;
  }

  /** Returns a finding at the value of `path`, or at its nearest existing parent. */
  finding(path: Path, message: string): Finding {
    return this.#findingAt(this.#offsetOf(path, false), path, message);
  }

  /** Returns a finding inside the text at `path`, after `chars` characters. */
  findingWithin(path: Path, chars: number, message: string): Finding {
    const node: unknown = this.#document.getIn(path, true);
    if (!isScalar(node) || !node.range) return this.finding(path, message);
    // The text of a block scalar (| or >) starts on the next line.
    const isBlock = node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED";
    const quote = node.type === "PLAIN" ? 0 : 1;
    return this.#findingAt(node.range[0] + (isBlock ? 0 : quote + chars), path, message);
  }

  /** Returns a finding at the last key of `path`, instead of its value. */
  findingAtKey(path: Path, message: string): Finding {
    return this.#findingAt(this.#offsetOf(path, true), path, message);
  }

  #findingAt(offset: number, path: Path, message: string): Finding {
    const { line, col } = this.#lines.linePos(offset);
    return {
      file: this.file,
      line: Math.max(1, line),
      column: Math.max(1, col),
      path: formatPath(path),
      message,
    };
  }

  #plain(text: string): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: 100 });
    } catch (error) {
      const unknown = /Unresolved alias.*: (.+)$/.exec(messageOf(error))?.[1];
      const offset = unknown === undefined ? 0 : Math.max(0, text.indexOf(`*${unknown}`));
      const message = unknown === undefined
        ? "aliases (*name) multiply without end"
        : `no anchor &${unknown} stands before *${unknown}`;
      this.findings.push(this.#findingAt(offset, [], `not valid YAML: ${message}`));
      return undefined;
    }
  }

  #offsetOf(path: Path, atKey: boolean): number {
    for (let length = path.length; length > 0; length--) {
      const part = path.slice(0, length);
      const key = this.#keyOf(part);
      const node = this.#document.getIn(part, true) as Node | undefined | null;
      const keyFirst = atKey || length < path.length;
      const best = keyFirst ? key ?? node : node ?? key;
      if (best?.range) return best.range[0];
    }
    return this.#document.contents?.range?.[0] ?? 0;
  }

  /** Returns the node of the last key of `path`; undefined in lists. */
  #keyOf(path: Path): Node | undefined {
    const parent = path.length === 1
      ? this.#document.contents
      : this.#document.getIn(path.slice(0, -1), true);
    if (!isMap(parent)) return undefined;
    const pair = parent.items.find((item) =>
      isPair(item) &&
      String((item.key as { value?: unknown } | null)?.value) === String(path.at(-1))
    );
    return pair?.key as Node | undefined;
  }
}

/** Keeps the first finding of each line, up to a limit: later ones are mostly consequences. */
function firstOfEachLine(findings: readonly Finding[]): Finding[] {
  const byLine = new Map<number, Finding>();
  for (const finding of findings) {
    if (byLine.size === SYNTAX_FINDINGS_MAX) break;
    if (!byLine.has(finding.line)) byLine.set(finding.line, finding);
  }
  return [...byLine.values()];
}

function syntaxText(problem: { code: string; message: string }): string {
  return SYNTAX[problem.code] ?? problem.message.split("\n")[0] ?? problem.message;
}
