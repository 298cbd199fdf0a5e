/** Prefixes not allowed because ISINs of these countries would look like a FIGI. */
const FORBIDDEN_PREFIXES: ReadonlySet<string> = new Set(["BS", "BM", "GG", "GB", "GH", "KY", "VG"]);
const FORM = /^[B-DF-HJ-NP-TV-Z]{2}G[B-DF-HJ-NP-TV-Z0-9]{8}\d$/;

/**
 * Returns the check digit for the first 11 characters of a FIGI: letters count from 10 (A), every
 * second value is doubled, and all digits are summed.
 */
export function figiCheckDigit(first11: string): number {
  let sum = 0;
  for (let i = 0; i < 11; i++) {
    const value = parseInt(first11[i] ?? "0", 36) * (i % 2 === 1 ? 2 : 1);
    sum += Math.floor(value / 10) + value % 10;
  }
  return (10 - sum % 10) % 10;
}

/** Returns what is wrong with a FIGI; undefined = nothing. Does not query a registry. */
export function figiProblem(figi: string): string | undefined {
  if (!FORM.test(figi)) {
    return "a FIGI has 12 characters: two consonants, G, eight consonants or digits, a check digit";
  }
  const prefix = figi.slice(0, 2);
  if (FORBIDDEN_PREFIXES.has(prefix)) return `no FIGI begins with ${prefix}`;
  const digit = figiCheckDigit(figi);
  if (Number(figi[11]) === digit) return undefined;
  return `its check digit is wrong: ${figi.slice(0, 11)} ends in ${digit}`;
}
