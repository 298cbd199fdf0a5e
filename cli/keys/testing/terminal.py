"""Runs a program on a terminal of its own and types what it asks for.

usage: terminal.py <program> <argument>... ; stdin: JSON list of [text to wait for, text to type]
Prints what the terminal showed; ends with the program's exit code.
"""

import json
import os
import pty
import select
import sys

SECONDS_MAX = 60


def main() -> int:
    steps = json.load(sys.stdin)
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(sys.argv[1], sys.argv[1:])
    shown, seen = b"", 0
    while True:
        while steps and steps[0][0].encode() in shown[seen:]:
            seen = len(shown)
            os.write(terminal, steps.pop(0)[1].encode())
        if not select.select([terminal], [], [], SECONDS_MAX)[0]:
            break
        try:
            chunk = os.read(terminal, 65536)
        except OSError:
            break
        if not chunk:
            break
        shown += chunk
    sys.stdout.buffer.write(shown)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


sys.exit(main())
