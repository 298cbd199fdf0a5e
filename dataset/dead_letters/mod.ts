/** Frames and records that services could not process: store, count, replay, remove. @module */
export { LETTER, type Letter, letterOf } from "./letter.ts";
export {
  countLetters,
  LETTER_BYTES_MAX,
  readLetters,
  removeLetters,
  writeLetters,
} from "./letter_files.ts";
export { replayLetters } from "./replay_letters.ts";
