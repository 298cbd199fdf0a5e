/** Objects of the archive that no manifest names: they say what is read, what was checked, what is made. */
const SIDE_OBJECTS = [
  /^normalized\/[\w-]+\/archiver-[\w-]+\.lease\.json$/,
  /^normalized\/[\w-]+\/dead-letters\/\w+-\d+-\d+\.jsonl$/,
  /^normalized\/[\w-]+\/signals-[\w-]+\.(snapshot-\d|set\.json|history\.json)$/,
  /^normalized\/[\w-]+\/[\w-]+\/promoted\.json$/,
  /^normalized\/[\w-]+\/[\w-]+\/[\w-]+\/\d{4}\/\d\d\/\d\d\/qa\.json$/,
  /^normalized\/[\w-]+\/[\w-]+\/[\w-]+\/reprocess\/[\w/-]+\.json(\.zst)?$/,
];

/** Whether a key is that of an object beside the days: a promotion, a result of checks, a job, a lease. */
export function isSideObject(key: string): boolean {
  return SIDE_OBJECTS.some((pattern) => pattern.test(key));
}
