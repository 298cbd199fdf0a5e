"""Raw files: what the connector heard, line by line, and where lines are missing."""

import hashlib
import json
import pathlib
import re
import subprocess
from dataclasses import dataclass, field

DAY_US = 86_400_000_000


@dataclass
class Line:
    at: int  # µs
    kind: str  # frame, binary, event
    text: str  # the frame as it came, or the event's name


@dataclass
class Connection:
    feed: str
    run: str
    name: str
    symbols: dict[str, dict]  # by the venue's name
    lines: list[Line] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, int, int]:
        """Feed, run and number of the connection, as records carry them."""
        return self.feed, int(self.run, 36), int(self.name.rsplit("-", 1)[1])


def manifests(data: pathlib.Path, kind: str, env: str) -> list[dict]:
    paths = sorted((data / kind / env).rglob("manifest.json"))
    return [json.loads(path.read_text()) for path in paths]


def unpacked(path: pathlib.Path) -> bytes:
    return subprocess.run(["zstd", "-dcq", str(path)], check=True, capture_output=True).stdout


def check_files(data: pathlib.Path, kind: str, env: str, problems: list[str]) -> None:
    """The manifests name every file that is there, and each is what they say."""
    named = {}
    for manifest in manifests(data, kind, env):
        for file in manifest["files"]:
            if file["key"] in named:
                problems.append(f"{file['key']} is named twice")
            named[file["key"]] = file
    there = {
        str(path.relative_to(data))
        for path in (data / kind / env).rglob("*")
        if re.search(r"\.(zst|parquet)$", path.name)
    }
    for key in sorted(there - named.keys()):
        problems.append(f"{key} stands in no manifest")
    for key, file in named.items():
        if key not in there:
            problems.append(f"{key} is named and not there")
            continue
        body = (data / key).read_bytes()
        if len(body) != file["bytes"] or hashlib.sha256(body).hexdigest() != file["sha256"]:
            problems.append(f"{key} is not what the manifest says")


def line_of(text: str) -> Line:
    match = re.match(r'\{"t":"(\d+)","(m|x|e)":', text)
    if match is None:
        raise ValueError(f"no raw line: {text[:120]}")
    at, body = int(match[1]) // 1000, text[match.end() : -1]
    if match[2] == "e":
        return Line(at, "event", json.loads(text)["e"])
    return Line(at, "frame" if match[2] == "m" else "binary", body)


def read_raw(data: pathlib.Path, env: str, problems: list[str]) -> list[Connection]:
    """All connections, older runs first; lines between two files of one connection must meet."""
    files = [
        (file["run"], file["connection"], file["sequence"]["first"] if file["count"] else 0, file)
        for manifest in manifests(data, "raw", env)
        for file in manifest["files"]
    ]
    connections: dict[tuple[str, str], Connection] = {}
    for _, _, _, file in sorted(files, key=lambda each: each[:3]):
        first, *rest = unpacked(data / file["key"]).decode().splitlines()
        info = json.loads(first)["_capture"]
        key = info["feed"], info["connection"]
        if key not in connections:
            symbols = {each["external"]: each for each in info["symbols"]}
            connections[key] = Connection(info["feed"], info["run"], info["connection"], symbols)
        known = connections[key]
        if info["linesBefore"] != len(known.lines):
            problems.append(f"{file['key']} follows {info['linesBefore']} lines, not {len(known.lines)}")
        known.lines += [line_of(text) for text in rest]
    return sorted(connections.values(), key=lambda each: each.key)


def check_sent(ledger: pathlib.Path, connections: list[Connection], problems: list[str]) -> int:
    """Each session heard the beginning of what the venue sent on one of its connections."""
    sent: dict[str, list[str]] = {}
    for text in ledger.read_text().splitlines():
        match = re.match(r'\{"c":(\d+),"m":', text)
        if match is not None:
            sent.setdefault(match[1], []).append(text[match.end() : -1])
    free = set(sent)
    heard = 0
    for connection in connections:
        for frames in sessions(connection):
            heard += len(frames)
            same = next((name for name in sorted(free, key=int) if sent[name][: len(frames)] == frames), None)
            if same is None:
                problems.append(f"{connection.name}: the venue never sent {frames[0][:120]} … so")
            free.discard(same)
    return heard


def sessions(connection: Connection) -> list[list[str]]:
    found: list[list[str]] = []
    for line in connection.lines:
        if line.kind == "event" and line.text == "connect":
            found.append([])
        elif line.kind == "frame" and found:
            found[-1].append(line.text)
    return [frames for frames in found if frames]
