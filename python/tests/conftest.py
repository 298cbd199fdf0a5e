"""A small sealed day with a gap, made by ssmd's own commands, and a gateway that runs on it."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
from typing import Iterator

import pytest

ROOT = pathlib.Path(__file__).parents[2]
SSMD = str(ROOT / "cli" / "ssmd")


def run_ssmd(*args: object) -> str:
    return subprocess.run([SSMD, *map(str, args)], check=True, stdout=subprocess.PIPE, text=True).stdout


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A working folder with `data/`: captured twice, so that a planned gap lies between, then sealed."""
    path = tmp_path_factory.mktemp("user")
    for _ in range(2):
        run_ssmd("up", "--env", "demo", "--data", path / "data", "--port", 0, "--for", "5s")
    run_ssmd("archive", "seal", "--env", "demo", "--data", path / "data", "--force")
    return path


@pytest.fixture(scope="session")
def span(folder: pathlib.Path) -> tuple[str, str]:
    """From the first to the end of the last sealed record."""
    manifests = [json.loads(path.read_text()) for path in folder.glob("data/normalized/**/manifest.json")]
    files = [file for manifest in manifests for file in manifest["files"] if file["type"] == "trade"]
    return min(file["fromTime"] for file in files), max(file["toTime"] for file in files)


@pytest.fixture(scope="session")
def gateway(folder: pathlib.Path, span: tuple[str, str]) -> Iterator[str]:
    """The address of a gateway that serves the sealed day and captures on."""
    args = [SSMD, "up", "--env", "demo", "--data", str(folder / "data"), "--port", "0"]
    with subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        try:
            lines = iter(process.stdout.readline, "")
            yield next(found[1] for line in lines if (found := re.search(r'"page":"(http:[^"]*?)/"', line)))
        finally:
            process.terminate()
            process.stdout.read()


@pytest.fixture(autouse=True)
def program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSMD", SSMD)
