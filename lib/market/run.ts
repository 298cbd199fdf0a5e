/** Base 36 of a number that a double holds exactly; longer names are of no run of ours. */
const RUN_NAME = /^[1-9a-z][0-9a-z]{0,10}$/;
const CONNECTION_NAME = /^([0-9a-z]+)-([1-9]\d{0,4})$/;
/** What a record's field holds. */
const CONNECTION_MAX = 65_535;

/** The last answer: records of one run come in a row. */
const last = { run: 0, name: "" };

/** The number of a run from its name (`mi5k3x9p2a`); 0 when it is the name of none. */
export function runOfName(name: string): number {
  if (name === last.name) return last.run;
  const run = RUN_NAME.test(name) ? parseInt(name, 36) : 0;
  if (!Number.isSafeInteger(run) || run === 0) return 0;
  last.run = run;
  last.name = name;
  return run;
}

/** The name of a run, as in message ids, manifests and names of raw files; "" for 0. */
export function nameOfRun(run: number): string {
  if (run !== last.run) {
    last.run = run;
    last.name = run === 0 ? "" : run.toString(36);
  }
  return last.name;
}

/** The number of a connection from its name `{run}-{number}`; 0 when it is the name of none. */
export function connectionOfName(name: string): number {
  const number = Number(CONNECTION_NAME.exec(name)?.[2] ?? 0);
  return number <= CONNECTION_MAX ? number : 0;
}
