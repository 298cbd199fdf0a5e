"""What the Python peers of signals_bench.ts share: lines of JSON on stdin name a file of records, one a
line; the answer is the CPU time a record, µs, and how often the signal fired."""

import json
import sys
import time


def records_of(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def answer_rounds(version, prepare, run):
    """`prepare(records)` makes, untimed, what each `run(prepared)` takes; a run returns its fires."""
    print(json.dumps({"version": version}), flush=True)
    prepared = {}
    for line in sys.stdin:
        path = json.loads(line)["file"]
        if path not in prepared:
            records = records_of(path)
            prepared[path] = (len(records), prepare(records))
        count, items = prepared[path]
        started = time.process_time()
        made = run(items)
        us = (time.process_time() - started) * 1e6 / count
        print(json.dumps({"us": us, "made": made}), flush=True)
