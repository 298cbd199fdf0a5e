const UNITS: Readonly<Record<string, number>> = {
  MB: 1024 ** 2,
  GB: 1024 ** 3,
};
const BYTES_MIN = 64 * 1024 ** 2;

/** Parses `512MB` or `2GB` (binary units) into bytes. Throws RangeError that lists the allowed values. */
export function parseBytes(text: string): number {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)(MB|GB)$/.exec(text) ?? [];
  const bytes = Math.round(Number(number) * (UNITS[unit] ?? NaN));
  if (!(bytes >= BYTES_MIN)) throw new RangeError("a size is at least 64MB: 512MB, 2GB");
  return bytes;
}
