import {
  type FieldDeclaration,
  type FieldType,
  SCALAR_BITS,
  type StructDeclaration,
} from "./schema.ts";

/** Where a field lies. */
export interface FieldLayout extends FieldDeclaration {
  /** `data`: the offset counts the field's own size; `pointer`: it counts pointers. */
  section: "data" | "pointer";
  /** Bits in the data section; 64 for a pointer. */
  bits: number;
  /** In units of `bits` from the start of the section, as in Cap'n Proto's own schema reader. */
  offset: number;
}

/** A struct with the place of every field. */
export interface StructLayout {
  /** The name in the schema. */
  name: string;
  /** 8-byte words of the data section. */
  dataWords: number;
  /** Pointers of the pointer section. */
  pointers: number;
  /** In the order of their ordinals. */
  fields: FieldLayout[];
}

/**
 * Places the fields as every Cap'n Proto compiler does: in the order of the ordinals, each into
 * the smallest hole that an earlier one left, else into a new word (capnp's compiler/node-translator.c++).
 */
export function layoutOf(struct: StructDeclaration): StructLayout {
  const data = new DataSection();
  let pointers = 0;
  const fields = struct.fields.map((field): FieldLayout => {
    const bits = dataBitsOf(field.type);
    return bits === 0
      ? { ...field, section: "pointer", bits: 64, offset: pointers++ }
      : { ...field, section: "data", bits, offset: data.allocate(Math.log2(bits)) };
  });
  return { name: struct.name, dataWords: data.words, pointers, fields };
}

/** Bits of a type in the data section; 0 for what lies behind a pointer. */
export function dataBitsOf(type: FieldType): number {
  if (type.kind === "scalar") return SCALAR_BITS[type.name];
  return type.kind === "enum" ? 16 : 0;
}

/** Sizes are powers of two of bits: 0 = 1 bit … 6 = a word. */
const WORD_SIZE = 6;

class DataSection {
  words = 0;
  /** By size: the offset of the one hole of that size; offset 0 is never a hole. */
  readonly #holes: number[] = new Array(WORD_SIZE).fill(0);

  allocate(size: number): number {
    return this.#fromHole(size) ?? this.#fromNewWord(size);
  }

  #fromHole(size: number): number | undefined {
    if (size >= WORD_SIZE) return undefined;
    const hole = this.#holes[size] ?? 0;
    if (hole !== 0) {
      this.#holes[size] = 0;
      return hole;
    }
    const larger = this.#fromHole(size + 1);
    if (larger === undefined) return undefined;
    this.#holes[size] = larger * 2 + 1;
    return larger * 2;
  }

  #fromNewWord(size: number): number {
    const offset = this.words++ * 2 ** (WORD_SIZE - size);
    let hole = offset + 1;
    for (let s = size; s < WORD_SIZE; s++) {
      this.#holes[s] = hole;
      hole = (hole + 1) / 2;
    }
    return offset;
  }
}
