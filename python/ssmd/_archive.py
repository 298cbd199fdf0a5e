import json
import os
import pathlib
import re
import shutil
import subprocess

import pyarrow as pa
import pyarrow.parquet as pq

from ._errors import SsmdError
from ._frames import TRADES, table_of
from ._source import Row, Source, Span
from ._time import iso_of_us, us_of_iso


class Archive(Source):
    """A local archive, sealed days and open ones, without a gateway. It is read by the program `ssmd`
    ($SSMD, else the one on the path), so that series are the same as everywhere."""

    def __init__(self, path: str | os.PathLike[str], env: str, frames: str | None = None) -> None:
        self.path, self.env, self._frames = pathlib.Path(path), env, frames
        if not (self.path / "normalized" / env).is_dir():
            hint = "Name the folder that holds normalized/, and an environment that was captured into it."
            raise SsmdError("ARCHIVE_NOT_FOUND", f'There is no archive of "{env}" in "{path}".', hint)

    def _trades(self, symbol: str, span: Span, feed: str | None) -> tuple[pa.Table, list[Row]]:
        table = self._series("trade", TRADES, symbol, span, {"feed": feed})
        feeds = table.column("feed").unique().to_pylist()
        return table, self._gaps(symbol, span, feeds[0]) if feeds else []

    def _series(self, name: str, columns: tuple[str, ...], symbol: str, span: Span, query: Row) -> pa.Table:
        args = ("export", "--type", name, "--symbol", symbol, "--format", "parquet", "--out", "-")
        try:
            table = pq.read_table(pa.BufferReader(self._run(args, span, query)))
        except SsmdError as error:
            if error.code != "NOTHING_ARCHIVED":
                raise
            return table_of(columns, [])
        feeds = table.column("feed").unique().to_pylist()
        if len(feeds) > 1:
            raise SsmdError("FEED_AMBIGUOUS", f"{symbol} is of {' and '.join(map(str, feeds))}.", "Say which feed.")
        return table

    def _gaps(self, symbol: str | None, span: Span, feed: str | None) -> list[Row]:
        answer = self._run(("gaps", "--output", "json"), span, {"symbol": symbol, "feed": feed})
        return [
            {
                **gap,
                "from_time": us_of_iso(gap["from"]),
                "to_time": us_of_iso(gap["to"]) if gap["to"] else None,
                "recovered": gap["ended"] == "recovered",
            }
            for gap in json.loads(answer)["gaps"]
        ]

    def _run(self, args: tuple[str, ...], span: Span, query: Row) -> bytes:
        program = os.environ.get("SSMD") or shutil.which("ssmd")
        if program is None:
            hint = "Put its folder cli/ on the path. Sealed days are Parquet, which needs no program."
            raise SsmdError("PROGRAM_NOT_FOUND", "The program ssmd is not on the path.", hint)
        given = {"data": self.path, "env": self.env, "from": iso_of_us(span[0]), "to": iso_of_us(span[1]), **query}
        flags = [text for name, value in given.items() if value is not None for text in (f"--{name}", str(value))]
        command = [program, "data", *args, *flags]
        ran = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
        if ran.returncode == 0:
            return ran.stdout
        said = ran.stderr.decode(errors="replace")
        parts = dict(re.findall(r"^(error|hint|code): *(.*)$", said, re.MULTILINE))
        raise SsmdError(parts.get("code", "PROGRAM_FAILED"), parts.get("error", said[-500:]), parts.get("hint", ""))
