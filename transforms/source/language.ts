/** Languages of transforms, equal to the file extensions. */
export const LANGUAGES = ["ts", "lua"] as const;
/** One of {@linkcode LANGUAGES}. */
export type Language = typeof LANGUAGES[number];
