/** Base 36 of an integer exact in a double; longer names are not our runs. */
const RUN_NAME = /^[1-9a-z][0-9a-z]{0,10}$/;
const CONNECTION_NAME = /^([0-9a-z]+)-([1-9]\d{0,4})$/;
/** Maximum of the record's field. */
const CONNECTION_MAX = 65_535;

/** Last result: consecutive records usually share a run. */
const last = { run: 0, name: "" };

/** Parses a run name (`mi5k3x9p2a`); 0 when invalid. */
export function runOfName(name: string): number {
  if (name === last.name) return last.run;
  const run = RUN_NAME.test(name) ? parseInt(name, 36) : 0;
  if (!Number.isSafeInteger(run) || run === 0) return 0;
  last.run = run;
  last.name = name;
  return run;
}

/** Formats a run, as in message ids, manifests and raw file names; "" for 0. */
export function nameOfRun(run: number): string {
  if (run !== last.run) {
    last.run = run;
    last.name = run === 0 ? "" : run.toString(36);
  }
  return last.name;
}

/** Parses the connection number from `{run}-{number}`; 0 when invalid. */
export function connectionOfName(name: string): number {
  const number = Number(CONNECTION_NAME.exec(name)?.[2] ?? 0);
  return number <= CONNECTION_MAX ? number : 0;
}
