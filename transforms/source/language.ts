/** Languages of transforms: the ending of a file names its. */
export const LANGUAGES = ["ts", "lua"] as const;
/** One of {@linkcode LANGUAGES}. */
export type Language = typeof LANGUAGES[number];
