import assert from "node:assert/strict";
import fc from "fast-check";
import {
  hashSecret,
  isHash,
  isSecretOf,
  keyParts,
  newKey,
  randomLetters,
  withoutSecrets,
} from "./api_key.ts";

Deno.test("a key is its id and a secret of 256 bits, and is read back", () => {
  const { text, id, secret } = newKey();
  assert.match(text, /^ssmd_[0-9A-Za-z]{10}_[0-9A-Za-z]{43}$/);
  assert.deepEqual(keyParts(text), { id, secret });
  assert.ok(43 * Math.log2(62) >= 256);
  assert.notEqual(newKey().text, newKey().text);
});

Deno.test("a stored hash fits its own key only", () => {
  const key = newKey();
  const hash = hashSecret(key);
  assert.ok(isHash(hash) && !hash.includes(key.secret));
  assert.ok(isSecretOf(key, hash));
  assert.ok(!isSecretOf({ ...key, id: newKey().id }, hash));
  assert.ok(!isSecretOf({ ...key, secret: newKey().secret }, hash));
  assert.ok(!isSecretOf(key, "sha256:00") && !isSecretOf(key, ""));
});

Deno.test("hashes are the same in every version", () => {
  const key = { id: "0000000000", secret: "A".repeat(43) };
  const golden = "sha256:d8b6445681a3716e7b47c5aeff7d2f68ef42f705579dd5353c31ffea49ea6403";
  assert.equal(hashSecret(key), golden);
});

Deno.test("no text that is no key is taken for one", () => {
  const { text } = newKey();
  for (const bad of ["", "ssmd_", text.slice(0, -1), `${text}A`, ` ${text}`, `${text}\n`]) {
    assert.equal(keyParts(bad), undefined, bad);
  }
  fc.assert(fc.property(fc.string(), (any) => keyParts(any) === undefined));
});

Deno.test("secrets are taken out of any text, ids stay", () => {
  fc.assert(fc.property(fc.string(), fc.string(), (before, after) => {
    const { text, secret } = newKey();
    const shown = withoutSecrets(`${before} ${text} ${after}`);
    return !shown.includes(secret);
  }));
  const { id, text } = newKey();
  assert.equal(
    withoutSecrets(`key ${text}, twice ${text}`),
    `key ssmd_${id}_…, twice ssmd_${id}_…`,
  );
});

Deno.test("letters are drawn evenly", () => {
  const counts = new Map<string, number>();
  for (const letter of randomLetters(62_000)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  assert.equal(counts.size, 62);
  // Six deviations of a fair draw of 1000: a fault of the generator is far beyond it.
  for (const count of counts.values()) assert.ok(Math.abs(count - 1000) < 200, String(count));
});
