/** Security master fields that can be joined. */
export const REFERENCE_FIELDS = [
  ...["instrument", "name", "asset_class", "state", "base", "quote", "figi"],
  ...["group", "series", "opens", "closes", "result", "size_step", "size_min"],
] as const;
