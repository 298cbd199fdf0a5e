/** Contents of an archive. @module */
export { envOf } from "./archived_env.ts";
export { GAP, gapView, LISTED_REASONS } from "./gap_view.ts";
export { gapsBetween } from "./gaps_between.ts";
