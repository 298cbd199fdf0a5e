/** Archive objects that no manifest lists: active versions, QA results, jobs, leases. */
const SIDE_OBJECTS = [
  /^normalized\/[\w-]+\/archiver-[\w-]+\.lease\.json$/,
  /^normalized\/[\w-]+\/dead-letters\/\w+-\d+-\d+\.jsonl$/,
  /^normalized\/[\w-]+\/signals-[\w-]+\.(snapshot-\d|set\.json|history\.json)$/,
  /^normalized\/[\w-]+\/[\w-]+\/promoted\.json$/,
  /^normalized\/[\w-]+\/[\w-]+\/[\w-]+\/\d{4}\/\d\d\/\d\d\/qa\.json$/,
  /^normalized\/[\w-]+\/[\w-]+\/[\w-]+\/reprocess\/[\w/-]+\.json(\.zst)?$/,
];

/** Returns whether a key is an object beside the days: active versions, QA result, job or lease. */
export function isSideObject(key: string): boolean {
  return SIDE_OBJECTS.some((pattern) => pattern.test(key));
}
