/** DER tags that are read here. */
const SEQUENCE = 0x30;
const SET = 0x31;
const OBJECT_ID = 0x06;
const VERSION = 0xa0;

/** Short names of the attributes of subjects, as OpenSSL writes them. */
const NAMES: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.4": "SN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.9": "street",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "2.5.4.12": "title",
  "2.5.4.42": "GN",
  "0.9.2342.19200300.100.1.1": "UID",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.2.840.113549.1.9.1": "emailAddress",
};

/** Decoders of text by tag; values of other tags are written as `#` and hex digits. */
const TEXTS: Readonly<Record<number, (bytes: Uint8Array) => string>> = {
  0x0c: (bytes) => new TextDecoder().decode(bytes),
  0x13: (bytes) => new TextDecoder().decode(bytes),
  0x14: (bytes) => String.fromCharCode(...bytes),
  0x16: (bytes) => new TextDecoder().decode(bytes),
  0x1e: (bytes) => new TextDecoder("utf-16be").decode(bytes),
};

/**
 * Returns the subject of a certificate (DER) as `openssl x509 -noout -subject -nameopt RFC2253`
 * writes it: the last attribute first, separators escaped, so that no two subjects read alike.
 * Parsed here because `getPeerCertificate` omits unknown attributes and escapes nothing. Throws
 * RangeError for an invalid certificate.
 */
export function certificateSubject(der: Uint8Array): string {
  const [certificate] = parts(der);
  const [signed] = parts(content(certificate, SEQUENCE));
  const fields = parts(content(signed, SEQUENCE));
  // Version (if any), serial number, algorithm, issuer, validity, subject.
  const subject = fields[fields[0]?.tag === VERSION ? 5 : 4];
  return parts(content(subject, SEQUENCE)).map((set) =>
    parts(content(set, SET)).map(attribute).reverse().join("+")
  ).reverse().join(",");
}

interface Part {
  tag: number;
  content: Uint8Array;
  /** Element including tag and length. */
  whole: Uint8Array;
}

function attribute(part: Part): string {
  const [type, value] = parts(content(part, SEQUENCE));
  if (value === undefined) throw broken();
  const id = objectId(content(type, OBJECT_ID));
  const name = NAMES[id];
  const text = TEXTS[value.tag];
  if (name === undefined || text === undefined) return `${name ?? id}=#${hex(value.whole)}`;
  return `${name}=${escaped(text(value.content))}`;
}

function content(part: Part | undefined, tag: number): Uint8Array {
  if (part?.tag !== tag) throw broken();
  return part.content;
}

/** Returns the consecutive elements of a DER encoding. */
function parts(bytes: Uint8Array): Part[] {
  const found: Part[] = [];
  for (let start = 0; start < bytes.length;) {
    const { length, from } = lengthAt(bytes, start + 1);
    const end = from + length;
    if (end > bytes.length) throw broken();
    const tag = bytes[start] ?? 0;
    found.push({ tag, content: bytes.subarray(from, end), whole: bytes.subarray(start, end) });
    start = end;
  }
  return found;
}

function lengthAt(bytes: Uint8Array, offset: number): { length: number; from: number } {
  const first = bytes[offset] ?? 0xff;
  if (first < 0x80) return { length: first, from: offset + 1 };
  const digits = bytes.subarray(offset + 1, offset + 1 + (first & 0x7f));
  if (digits.length === 0 || digits.length > 4) throw broken();
  const length = digits.reduce((sum, digit) => sum * 256 + digit, 0);
  return { length, from: offset + 1 + digits.length };
}

/** Returns the dotted form of an object identifier. */
function objectId(bytes: Uint8Array): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of bytes) {
    number = number * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    numbers.push(number);
    number = 0;
  }
  const [first = 0, ...rest] = numbers;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...rest].join(".");
}

/** Escapes as in RFC 2253; control and non-ASCII characters as hex digits of UTF-8. */
function escaped(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return Array.from(bytes, (byte, i) => {
    const letter = String.fromCharCode(byte);
    if (byte < 0x20 || byte >= 0x7f) return `\\${hex(Uint8Array.of(byte))}`;
    const isEdge = letter === " " && (i === 0 || i === bytes.length - 1) ||
      letter === "#" && i === 0;
    return isEdge || ',+"\\<>;'.includes(letter) ? `\\${letter}` : letter;
  }).join("");
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("").toUpperCase();
}

function broken(): RangeError {
  return new RangeError("This is no certificate");
}
