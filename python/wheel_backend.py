"""Builds the wheel with Python's own library, so that `pip install ./python` fetches no build tools."""

import base64
import hashlib
import pathlib
import re
import zipfile

HERE = pathlib.Path(__file__).parent
# Read without tomllib, which Python 3.10 has not.
PROJECT = (HERE / "pyproject.toml").read_text()


def _texts(key: str) -> list[str]:
    found = re.search(rf"^{key} = (.*)$", PROJECT, re.MULTILINE)
    return re.findall(r'"([^"]*)"', found.group(1)) if found else []


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name, version = _texts("name")[0], _texts("version")[0]
    info = f"{name}-{version}.dist-info"
    extras = [
        line
        for extra in ("pandas", "polars")
        for line in (f"Provides-Extra: {extra}", f'Requires-Dist: {_texts(extra)[0]} ; extra == "{extra}"')
    ]
    metadata = [
        "Metadata-Version: 2.1",
        f"Name: {name}",
        f"Version: {version}",
        f"Summary: {_texts('description')[0]}",
        f"Requires-Python: {_texts('requires-python')[0]}",
        *(f"Requires-Dist: {each}" for each in _texts("dependencies")),
        *extras,
    ]
    files = {
        f"ssmd/{path.name}": path.read_bytes()
        for path in sorted((HERE / "ssmd").iterdir())
        if path.suffix == ".py" or path.name == "py.typed"
    }
    files[f"{info}/METADATA"] = "\n".join([*metadata, ""]).encode()
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: ssmd\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = "".join(f"{path},sha256={_digest(data)},{len(data)}\n" for path, data in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    wheel = f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory) / wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return wheel


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
