import { createHash, randomInt, timingSafeEqual } from "node:crypto";
import { Buffer } from "node:buffer";

/** Alphabet of keys: a double click selects a whole key, and nothing needs escaping. */
const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ID_LETTERS = 10;
/** 43 letters of 62 hold 256 bits. */
const SECRET_LETTERS = 43;
const KEY = new RegExp(`^ssmd_([0-9A-Za-z]{${ID_LETTERS}})_([0-9A-Za-z]{${SECRET_LETTERS}})$`);
const ANYWHERE = /ssmd_[0-9A-Za-z]{1,64}_[0-9A-Za-z]{1,128}/g;
const SCHEME = "sha256:";
/** Domain separation: other systems' hashes of the same text differ. */
const DOMAIN = "ssmd api key v1";

/** A parsed key. */
interface KeyParts {
  id: string;
  secret: string;
}

/** Returns a new key, `ssmd_<id>_<secret>`; its secret is not stored anywhere. */
export function newKey(): KeyParts & { text: string } {
  const id = randomLetters(ID_LETTERS);
  const secret = randomLetters(SECRET_LETTERS);
  return { id, secret, text: `ssmd_${id}_${secret}` };
}

/** Returns the parts of a key's text; undefined when it is not a key. */
export function keyParts(text: string): KeyParts | undefined {
  const match = KEY.exec(text);
  return match === null ? undefined : { id: match[1] as string, secret: match[2] as string };
}

/**
 * Returns the stored hash of a secret. One SHA-256 without a salt or a slow function: those make
 * guessing words expensive, but 256 random bits cannot be guessed; it is computed per request.
 */
export function hashSecret({ id, secret }: KeyParts): string {
  return SCHEME + createHash("sha256").update(`${DOMAIN}\n${id}\n${secret}`).digest("hex");
}

/** Whether this is the secret of a stored hash; takes constant time. */
export function isSecretOf(parts: KeyParts, hash: string): boolean {
  const given = Buffer.from(hashSecret(parts));
  const stored = Buffer.from(hash);
  // Lengths are not secret: all hashes of one scheme have the same.
  return given.length === stored.length && timingSafeEqual(given, stored);
}

/** Whether a text may be a stored hash. */
export function isHash(text: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}

/** Returns the text with the secret of every key removed; ids stay. */
export function withoutSecrets(text: string): string {
  return text.replace(ANYWHERE, (key) => `${key.slice(0, key.indexOf("_", 5) + 1)}…`);
}

/** Returns random letters of the key alphabet: 5.95 bits each. */
export function randomLetters(count: number): string {
  let text = "";
  for (let i = 0; i < count; i++) text += LETTERS[randomInt(LETTERS.length)];
  return text;
}
