/** Line ranges `[from, to)` in which two texts differ. */
interface Hunk {
  a: [number, number];
  b: [number, number];
}

function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Returns the hunks between two texts, by the longest common subsequence of lines. */
function hunksOf(a: readonly string[], b: readonly string[]): Hunk[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let endA = a.length;
  let endB = b.length;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) endA--, endB--;
  const width = endB - start + 1;
  const common = new Uint32Array((endA - start + 1) * width);
  const at = (i: number, j: number) => common[(i - start) * width + (j - start)] ?? 0;
  for (let i = endA - 1; i >= start; i--) {
    for (let j = endB - 1; j >= start; j--) {
      common[(i - start) * width + (j - start)] = a[i] === b[j]
        ? at(i + 1, j + 1) + 1
        : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const hunks: Hunk[] = [];
  for (let i = start, j = start; i < endA || j < endB;) {
    if (i < endA && j < endB && a[i] === b[j]) {
      i++, j++;
      continue;
    }
    const hunk: Hunk = { a: [i, i], b: [j, j] };
    while ((i < endA || j < endB) && !(i < endA && j < endB && a[i] === b[j])) {
      if (j >= endB || (i < endA && at(i + 1, j) >= at(i, j + 1))) i++;
      else j++;
    }
    hunk.a[1] = i;
    hunk.b[1] = j;
    hunks.push(hunk);
  }
  return hunks;
}

/** Context lines of a diff. */
const CONTEXT_LINES = 3;

/**
 * Returns a diff in `diff -u` format, "" when the texts are equal. A nonexistent file is
 * `undefined`, shown as /dev/null.
 */
export function textDiff(name: string, before: string | undefined, after?: string): string {
  if (before === after) return "";
  const a = linesOf(before ?? "");
  const b = linesOf(after ?? "");
  const head = `--- ${before === undefined ? "/dev/null" : `a/${name}`}\n` +
    `+++ ${after === undefined ? "/dev/null" : `b/${name}`}\n`;
  return head + grouped(hunksOf(a, b)).map((group) => groupText(group, a, b)).join("");
}

/** Groups hunks whose contexts touch. */
function grouped(hunks: readonly Hunk[]): Hunk[][] {
  const groups: Hunk[][] = [];
  for (const hunk of hunks) {
    const last = groups.at(-1)?.at(-1);
    if (last && hunk.a[0] - last.a[1] <= 2 * CONTEXT_LINES) groups.at(-1)?.push(hunk);
    else groups.push([hunk]);
  }
  return groups;
}

function groupText(group: readonly Hunk[], a: readonly string[], b: readonly string[]): string {
  const [first, last] = [group[0], group.at(-1)];
  if (!first || !last) return "";
  const fromA = Math.max(0, first.a[0] - CONTEXT_LINES);
  const toA = Math.min(a.length, last.a[1] + CONTEXT_LINES);
  const fromB = first.b[0] - (first.a[0] - fromA);
  const toB = last.b[1] + (toA - last.a[1]);
  const lines: string[] = [];
  let i = fromA;
  for (const hunk of group) {
    for (; i < hunk.a[0]; i++) lines.push(` ${a[i]}`);
    for (; i < hunk.a[1]; i++) lines.push(`-${a[i]}`);
    for (let j = hunk.b[0]; j < hunk.b[1]; j++) lines.push(`+${b[j]}`);
  }
  for (; i < toA; i++) lines.push(` ${a[i]}`);
  const range = (from: number, to: number) => `${to > from ? from + 1 : from},${to - from}`;
  return `@@ -${range(fromA, toA)} +${range(fromB, toB)} @@\n${lines.join("\n")}\n`;
}

/** Lines in another layout that correspond to lines `[from, to)` of the base; `from = to` = extra lines. */
interface Block {
  from: number;
  to: number;
  lines: readonly string[];
}

/**
 * Applies the change from `base` to `changed` to `own`, an equivalent text in another layout; keeps
 * untouched lines of `own` as they are.
 */
export function mergeChange(own: string, base: string, changed: string): string {
  const [o, b, c] = [linesOf(own), linesOf(base), linesOf(changed)];
  const layout = hunksOf(b, o);
  const blocks = blocksOf(o, b.length, layout);
  const result: string[] = [];
  let next = 0;
  for (const { a: [from, to], b: lines } of widened(hunksOf(b, c), layout)) {
    for (; next < blocks.length && (blocks[next]?.to ?? 0) <= from; next++) {
      result.push(...blocks[next]?.lines ?? []);
    }
    result.push(...c.slice(...lines));
    while (next < blocks.length && (blocks[next]?.from ?? 0) < to) next++;
  }
  for (const { lines } of blocks.slice(next)) result.push(...lines);
  return `${result.join("\n")}\n`;
}

function blocksOf(own: readonly string[], baseLines: number, layout: readonly Hunk[]): Block[] {
  const blocks: Block[] = [];
  let [i, j] = [0, 0];
  const equal = (to: number) => {
    for (; i < to; i++, j++) blocks.push({ from: i, to: i + 1, lines: own.slice(j, j + 1) });
  };
  for (const { a, b } of layout) {
    equal(a[0]);
    blocks.push({ from: a[0], to: a[1], lines: own.slice(...b) });
    [i, j] = [a[1], b[1]];
  }
  equal(baseLines);
  return blocks;
}

/** Widens changes that overlap a layout difference to include all of it. */
function widened(changes: readonly Hunk[], layout: readonly Hunk[]): Hunk[] {
  const result: Hunk[] = [];
  for (const { a, b } of changes) {
    const hunk: Hunk = { a: [...a], b: [...b] };
    for (const { a: [from, to] } of layout) {
      if (from >= hunk.a[1] && from >= hunk.a[0] || to <= hunk.a[0]) continue;
      const before = Math.max(0, hunk.a[0] - from);
      const after = Math.max(0, to - hunk.a[1]);
      hunk.a = [hunk.a[0] - before, hunk.a[1] + after];
      hunk.b = [hunk.b[0] - before, hunk.b[1] + after];
    }
    const last = result.at(-1);
    if (last && hunk.a[0] < last.a[1]) {
      last.a[1] = Math.max(last.a[1], hunk.a[1]);
      last.b[1] = Math.max(last.b[1], hunk.b[1]);
    } else result.push(hunk);
  }
  return result;
}
