import {
  type FieldDeclaration,
  type FieldType,
  SCALAR_BITS,
  type StructDeclaration,
} from "./schema.ts";

/** A field with its location. */
export interface FieldLayout extends FieldDeclaration {
  /** `data`: offset in units of the field's size; `pointer`: offset in pointers. */
  section: "data" | "pointer";
  /** Size in the data section, bits; 64 for a pointer. */
  bits: number;
  /** In units of `bits` from the section's start, as in Cap'n Proto's own schema reader. */
  offset: number;
}

/** A struct with the location of every field. */
export interface StructLayout {
  name: string;
  /** Data section, 8-byte words. */
  dataWords: number;
  /** Number of pointers. */
  pointers: number;
  /** Ordered by ordinal. */
  fields: FieldLayout[];
}

/**
 * Lays out fields like every Cap'n Proto compiler: by ordinal, each into the smallest hole left by
 * an earlier field, else into a new word (capnp's compiler/node-translator.c++).
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

/** Returns the bits of a type in the data section; 0 for pointers. */
export function dataBitsOf(type: FieldType): number {
  if (type.kind === "scalar") return SCALAR_BITS[type.name];
  return type.kind === "enum" ? 16 : 0;
}

/** log2 of a word's bits: 0 = 1 bit … 6 = a word. */
const WORD_SIZE = 6;

class DataSection {
  words = 0;
  /** Offset of the single hole of each size; offset 0 is never a hole. */
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
