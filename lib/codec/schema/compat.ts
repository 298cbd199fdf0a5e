import { dataBitsOf, layoutOf } from "./layout.ts";
import type { EnumDeclaration, FieldDeclaration, FieldType, Schema } from "./schema.ts";

/** Effect of a change on readers and writers of the other schema. */
export type ChangeEffect =
  /** Both sides read the other's bytes with equal values. */
  | "compatible"
  /** Both sides read the rest, but a value is lost and its number may be reused. */
  | "lossy"
  /** One side misinterprets the other's bytes. */
  | "breaking";

/** Kind of a difference. */
type ChangeKind =
  | "added"
  | "removed"
  | "renamed"
  | "retyped"
  | "reordered"
  | "default"
  | "id";

/** A difference between two versions of a schema. */
export interface SchemaChange {
  /** Kind of the difference. */
  kind: ChangeKind;
  /** Location, `Trade.price`, `Side`. */
  where: string;
  /** Effect on compatibility. */
  effect: ChangeEffect;
  /** Description for people. */
  message: string;
}

/**
 * Returns all differences of `next` from `before`, by the rules of Cap'n Proto ("Evolving Your
 * Protocol"): the ordinal identifies a field, its name is for people; fields and enum values are
 * appended, never removed, and never change type or default. A primitive list may become a list of
 * structs whose first field is that primitive.
 */
export function compareSchemas(before: Schema, next: Schema): SchemaChange[] {
  return new Comparison(before, next).run();
}

/** Returns the worst effect; `compatible` when there are no changes. */
export function worstEffect(changes: readonly SchemaChange[]): ChangeEffect {
  const effects = new Set(changes.map(({ effect }) => effect));
  return effects.has("breaking") ? "breaking" : effects.has("lossy") ? "lossy" : "compatible";
}

class Comparison {
  readonly #before: Schema;
  readonly #next: Schema;
  readonly #changes: SchemaChange[] = [];
  readonly #seen = new Set<string>();

  constructor(before: Schema, next: Schema) {
    this.#before = before;
    this.#next = next;
  }

  run(): SchemaChange[] {
    if (this.#before.id !== this.#next.id) {
      const message =
        `the file's id is ${this.#next.id}, was ${this.#before.id}: the same bytes, ` +
        "but another type to everyone who looks at ids";
      this.#report("id", "", { effect: "compatible", message });
    }
    for (const { name } of this.#before.structs) {
      if (this.#next.structs.some((struct) => struct.name === name)) this.#struct(name, name);
    }
    for (const { name } of this.#before.enums) {
      if (this.#next.enums.some((each) => each.name === name)) this.#enum(name, name);
    }
    this.#declarations("structs");
    this.#declarations("enums");
    return this.#changes;
  }

  #report(
    kind: ChangeKind,
    where: string,
    { effect, message }: { effect: ChangeEffect; message: string },
  ): void {
    this.#changes.push({ kind, where, effect, message });
  }

  /** Compares structs and enums that no field or equal name paired up. */
  #declarations(kind: "structs" | "enums"): void {
    const paired = (side: 0 | 1, name: string) =>
      [...this.#seen].some((pair) => pair.split(" ")[side] === name);
    const gone = this.#before[kind].filter(({ name }) => !paired(0, name));
    const come = this.#next[kind].filter(({ name }) => !paired(1, name));
    const [old, fresh] = [gone[0], come[0]];
    // One left on each side: the record itself was renamed.
    if (old && fresh && gone.length === 1 && come.length === 1) {
      if (kind === "structs") this.#struct(old.name, fresh.name);
      else this.#enum(old.name, fresh.name);
      return;
    }
    for (const { name } of gone) {
      this.#report("removed", name, { effect: "lossy", message: `${name} is gone` });
    }
    for (const { name } of come) {
      this.#report("added", name, { effect: "compatible", message: `${name} is new` });
    }
  }

  #renamedType(before: string, next: string): boolean {
    const pair = `${before} ${next}`;
    if (this.#seen.has(pair)) return false;
    this.#seen.add(pair);
    if (before !== next) {
      this.#report("renamed", before, {
        effect: "compatible",
        message: `${before} is called ${next}`,
      });
    }
    return true;
  }

  #struct(beforeName: string, nextName: string): void {
    const before = this.#before.structs.find(({ name }) => name === beforeName);
    const next = this.#next.structs.find(({ name }) => name === nextName);
    if (!before || !next || !this.#renamedType(beforeName, nextName)) return;
    const count = Math.max(before.fields.length, next.fields.length);
    for (let ordinal = 0; ordinal < count; ordinal++) {
      const [old, fresh] = [before.fields[ordinal], next.fields[ordinal]];
      if (old && fresh) {
        this.#field(nextName, old, { fresh, before: before.fields, next: next.fields });
      } else if (fresh && !before.fields.some(({ name }) => name === fresh.name)) {
        const type = typeText(fresh.type);
        const message = `${fresh.name} @${ordinal} :${type} is new`;
        this.#report("added", `${nextName}.${fresh.name}`, { effect: "compatible", message });
      } else if (old && !next.fields.some(({ name }) => name === old.name)) {
        const message = `${old.name} @${ordinal} is gone: old values are no longer read, and the ` +
          "number may be given away again; keep it and call it obsolete";
        this.#report("removed", `${nextName}.${old.name}`, { effect: "lossy", message });
      }
    }
  }

  #field(
    struct: string,
    old: FieldDeclaration,
    { fresh, before, next }: {
      fresh: FieldDeclaration;
      before: readonly FieldDeclaration[];
      next: readonly FieldDeclaration[];
    },
  ): void {
    const where = `${struct}.${fresh.name}`;
    if (old.name !== fresh.name) {
      const movedTo = next.find(({ name }) => name === old.name);
      const cameFrom = before.find(({ name }) => name === fresh.name);
      if (movedTo || cameFrom) {
        const moved = movedTo ? [old, movedTo] as const : [cameFrom ?? old, fresh] as const;
        const message = `${moved[0].name} was @${moved[0].ordinal} and is @${moved[1].ordinal}; ` +
          `@${fresh.ordinal} now means ${fresh.name}: a number never changes its field`;
        this.#report("reordered", `${struct}.${moved[0].name}`, { effect: "breaking", message });
        return;
      }
      const message = `@${fresh.ordinal} was ${old.name} and is ${fresh.name}: the same bytes, ` +
        "another name in code and JSON";
      this.#report("renamed", where, { effect: "compatible", message });
    }
    this.#type(where, old.type, fresh.type);
    if (sameKind(old.type, fresh.type)) this.#default(where, old, fresh);
  }

  #type(where: string, old: FieldType, fresh: FieldType): void {
    if (old.kind === "struct" && fresh.kind === "struct") {
      this.#struct(old.name, fresh.name);
    } else if (old.kind === "enum" && fresh.kind === "enum") this.#enum(old.name, fresh.name);
    else if (old.kind === "list" && fresh.kind === "list") this.#list(where, old.of, fresh.of);
    else if (!sameKind(old, fresh)) this.#retyped(where, old, fresh);
  }

  #retyped(where: string, old: FieldType, fresh: FieldType): void {
    const same = dataBitsOf(old) === dataBitsOf(fresh) && dataBitsOf(old) > 0;
    const why = same
      ? "the same bits are read as another number"
      : "fields lie elsewhere from here on";
    const message = `${where} is ${typeText(fresh)}, was ${typeText(old)}: ${why}`;
    this.#report("retyped", where, { effect: "breaking", message });
  }

  #list(where: string, old: FieldType, fresh: FieldType): void {
    if (fresh.kind === "struct" && old.kind !== "struct" && this.#isUpgrade(old, fresh.name)) {
      const message =
        `${where} is ${typeText(fresh)} a row, was ${typeText(old)}: its first field ` +
        "is what the row was";
      this.#report("retyped", where, { effect: "compatible", message });
    } else this.#type(where, old, fresh);
  }

  /** Any element type except Bool may become a struct that begins with it. */
  #isUpgrade(old: FieldType, struct: string): boolean {
    const declared = this.#next.structs.find(({ name }) => name === struct);
    const first = declared?.fields[0];
    if (!declared || !first || (old.kind === "scalar" && old.name === "Bool")) return false;
    const field = layoutOf(declared).fields[0];
    return field?.offset === 0 && sameKind(old, first.type) &&
      typeText(old) === typeText(first.type) && first.default === undefined;
  }

  #default(where: string, old: FieldDeclaration, fresh: FieldDeclaration): void {
    const value = (field: FieldDeclaration) => {
      if (field.type.kind !== "enum") return field.default ?? zeroOf(field.type);
      const values = (field === old ? this.#before : this.#next).enums
        .find(({ name }) => field.type.kind === "enum" && name === field.type.name)?.values ?? [];
      return field.default === undefined ? 0 : values.indexOf(String(field.default));
    };
    const [a, b] = [value(old), value(fresh)];
    if (Object.is(a, b)) return;
    const shown = (value: unknown) => typeof value === "string" ? `"${value}"` : String(value);
    const message =
      `the default of ${where} is ${shown(b)}, was ${shown(a)}: values are stored as ` +
      "differences from it";
    this.#report("default", where, { effect: "breaking", message });
  }

  #enum(beforeName: string, nextName: string): void {
    const before = this.#before.enums.find(({ name }) => name === beforeName);
    const next = this.#next.enums.find(({ name }) => name === nextName);
    if (!before || !next || !this.#renamedType(beforeName, nextName)) return;
    const count = Math.max(before.values.length, next.values.length);
    for (let i = 0; i < count; i++) this.#enumValue(nextName, i, { before, next });
  }

  #enumValue(
    name: string,
    i: number,
    { before, next }: { before: EnumDeclaration; next: EnumDeclaration },
  ): void {
    const [old, fresh] = [before.values[i], next.values[i]];
    if (old === fresh) return;
    const moved = (old !== undefined && next.values.includes(old)) ||
      (fresh !== undefined && before.values.includes(fresh));
    if (moved) {
      const message =
        `@${i} was ${old ?? "nothing"} and is ${fresh ?? "nothing"}: a number never ` +
        "changes its meaning";
      this.#report("reordered", `${name}.${fresh ?? old}`, { effect: "breaking", message });
    } else if (old === undefined) {
      const message = `${fresh} @${i} is new; older readers see a number that they do not know`;
      this.#report("added", `${name}.${fresh}`, { effect: "compatible", message });
    } else if (fresh === undefined) {
      const message = `${old} @${i} is gone: what was written with it is a number without a name`;
      this.#report("removed", `${name}.${old}`, { effect: "lossy", message });
    } else {
      const message = `@${i} was ${old} and is ${fresh}: the same bytes, another name`;
      this.#report("renamed", `${name}.${fresh}`, { effect: "compatible", message });
    }
  }
}

function sameKind(a: FieldType, b: FieldType): boolean {
  if (a.kind !== b.kind) return false;
  return a.kind !== "scalar" || b.kind !== "scalar" || a.name === b.name;
}

function zeroOf(type: FieldType): unknown {
  if (type.kind === "text") return "";
  if (type.kind !== "scalar") return undefined;
  if (type.name === "Bool") return false;
  return type.name.startsWith("Float") ? 0 : 0n;
}

function typeText(type: FieldType): string {
  if (type.kind === "text") return "Text";
  return type.kind === "list" ? `List(${typeText(type.of)})` : type.name;
}
