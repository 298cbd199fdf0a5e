/** What an archive holds. @module */
export { envOf } from "./archived_env.ts";
export { GAP, gapView, joinedGaps } from "./gap_view.ts";
