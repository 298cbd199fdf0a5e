import { suggestion } from "@ssmd/runtime/suggest";
import { defaultOf } from "./default_value.ts";
import {
  type EnumDeclaration,
  type FieldDeclaration,
  type FieldType,
  SCALAR_BITS,
  type ScalarName,
  type Schema,
  type StructDeclaration,
} from "./schema.ts";
import { SchemaError } from "./schema_error.ts";
import { type Token, tokensOf } from "./tokens.ts";

/**
 * Parses the subset of the Cap'n Proto schema language used by our records: a file id, enums, and
 * structs of scalars, Text, enums, structs and lists, with defaults of scalars, enums and Text.
 * Throws SchemaError with line and column for anything else.
 */
export function parseSchema(file: string, text: string): Schema {
  return new Parser(file, tokensOf(file, text)).schema();
}

interface Numbered {
  ordinal: number;
  token: Token;
}

class Parser {
  readonly #file: string;
  readonly #tokens: Token[];
  readonly #enums: EnumDeclaration[] = [];
  /** Kinds of the file's enums and structs, known before any field is parsed. */
  readonly #kinds = new Map<string, "enum" | "struct">();
  #next = 0;

  constructor(file: string, tokens: Token[]) {
    this.#file = file;
    this.#tokens = tokens;
    this.#declareNames();
  }

  schema(): Schema {
    const idToken = this.#take("ordinal", "the file's id, like @0xb1f3a3c0d1e40001");
    const id = BigInt(idToken.text);
    if (id < 1n << 63n || id >= 1n << 64n) {
      throw this.#error(idToken, "a file id must have 64 bits, the highest one set");
    }
    this.#symbol(";");
    const bodies: [Token, number][] = [];
    while (this.#peek().kind !== "end") {
      const keyword = this.#take("name", "enum or struct").text;
      const name = this.#take("name", "a name");
      if (keyword === "enum") this.#enums.push(this.#enum(name));
      else bodies.push([name, this.#skipBody()]);
    }
    const structs = bodies.map(([name, start]) => this.#struct(name, start));
    return { file: this.#file, id: id.toString(16), enums: this.#enums, structs };
  }

  #declareNames(): void {
    let depth = 0;
    this.#tokens.forEach((token, i) => {
      if (token.text === "{" && token.kind === "symbol") depth++;
      if (token.text === "}" && token.kind === "symbol") depth--;
      const name = this.#tokens[i + 1];
      if (depth > 0 || token.kind !== "name" || name?.kind !== "name") return;
      if (token.text !== "enum" && token.text !== "struct") {
        throw this.#error(token, `"${token.text}" is not read here`, "use enum and struct only");
      }
      if (this.#kinds.has(name.text) || Object.hasOwn(SCALAR_BITS, name.text)) {
        throw this.#error(name, `the name "${name.text}" is taken`);
      }
      this.#kinds.set(name.text, token.text);
    });
  }

  /** Defers structs until all enums are known, as defaults name enum values. */
  #skipBody(): number {
    const start = this.#next;
    this.#symbol("{");
    for (let depth = 1; depth > 0;) {
      if (this.#tryOne("{")) depth++;
      else if (this.#tryOne("}")) depth--;
      else if (this.#peek().kind === "end") throw this.#error(this.#peek(), 'expected "}"');
      else this.#next++;
    }
    return start;
  }

  #enum(name: Token): EnumDeclaration {
    this.#symbol("{");
    const found: Numbered[] = [];
    while (!this.#tryOne("}")) {
      const token = this.#take("name", "a name or }");
      found.push({ token, ordinal: this.#ordinal() });
      this.#symbol(";");
    }
    return { name: name.text, values: this.#inOrder(found).map(({ token }) => token.text) };
  }

  #struct(name: Token, start: number): StructDeclaration {
    this.#next = start;
    this.#symbol("{");
    const fields: (FieldDeclaration & Numbered)[] = [];
    while (!this.#tryOne("}")) fields.push(this.#field());
    return {
      name: name.text,
      fields: this.#inOrder(fields).map(({ token: _token, ...field }) => field),
    };
  }

  #field(): FieldDeclaration & Numbered {
    const token = this.#take("name", "a field's name or }");
    if (this.#peek().kind === "name" || this.#peek().text === "{") {
      throw this.#error(token, `"${token.text}" inside a struct is not read here`, "fields only");
    }
    const ordinal = this.#ordinal();
    this.#symbol(":");
    const type = this.#type();
    let value: FieldDeclaration["default"];
    if (this.#tryOne("=")) {
      const location = this.#peek();
      const negative = this.#tryOne("-");
      value = defaultOf(this.#file, type, {
        enums: this.#enums,
        location,
        negative,
        token: this.#tokens[this.#next++],
      });
    }
    this.#symbol(";");
    const location = { line: token.line, column: token.column };
    return { name: token.text, ordinal, type, default: value, location, token };
  }

  #type(): FieldType {
    const token = this.#take("name", "a type");
    if (token.text === "Text") return { kind: "text" };
    if (token.text === "List") {
      this.#symbol("(");
      const of = this.#type();
      this.#symbol(")");
      return { kind: "list", of };
    }
    if (Object.hasOwn(SCALAR_BITS, token.text)) {
      return { kind: "scalar", name: token.text as ScalarName };
    }
    const kind = this.#kinds.get(token.text);
    if (kind !== undefined) return { kind, name: token.text };
    const allowed = [...Object.keys(SCALAR_BITS), "Text", "List", ...this.#kinds.keys()];
    throw this.#error(token, `unknown type "${token.text}"`, suggestion(token.text, allowed));
  }

  /** Sorts by ordinal; names and ordinals must be unique, and ordinals contiguous from 0. */
  #inOrder<T extends Numbered>(found: T[]): T[] {
    const sorted = [...found].sort((a, b) => a.ordinal - b.ordinal);
    sorted.forEach(({ ordinal, token }, i) => {
      if (ordinal !== i) {
        const why = ordinal < i ? "is used twice" : `leaves out @${i}`;
        throw this.#error(token, `@${ordinal} ${why}`, "number from @0 without holes");
      }
    });
    found.forEach(({ token }, i) => {
      if (found.findIndex((other) => other.token.text === token.text) !== i) {
        throw this.#error(token, `the name "${token.text}" is used twice`);
      }
    });
    return sorted;
  }

  #ordinal(): number {
    const token = this.#take("ordinal", "a number like @0");
    const ordinal = Number(token.text);
    if (ordinal > 65534) throw this.#error(token, "a number after @ must be below 65535");
    return ordinal;
  }

  #peek(): Token {
    const token = this.#tokens[this.#next] ?? this.#tokens.at(-1);
    if (token === undefined) {
      throw new SchemaError(this.#file, { line: 1, column: 1 }, { message: "no tokens" });
    }
    return token;
  }

  #take(kind: Token["kind"], what: string): Token {
    const token = this.#peek();
    if (token.kind !== kind) throw this.#error(token, `expected ${what}, found ${shown(token)}`);
    this.#next++;
    return token;
  }

  #tryOne(symbol: string): boolean {
    const token = this.#peek();
    if (token.kind !== "symbol" || token.text !== symbol) return false;
    this.#next++;
    return true;
  }

  #symbol(symbol: string): void {
    if (!this.#tryOne(symbol)) {
      throw this.#error(this.#peek(), `expected "${symbol}", found ${shown(this.#peek())}`);
    }
  }

  #error(token: Token, message: string, hint = ""): SchemaError {
    return new SchemaError(this.#file, token, { message, options: { hint } });
  }
}

function shown(token: Token): string {
  if (token.kind === "end") return "the end of the file";
  return JSON.stringify(token.kind === "ordinal" ? `@${token.text}` : token.text);
}
