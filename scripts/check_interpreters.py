#!/usr/bin/env python3
"""Install the light player on every Python there is, from ready-made wheels, and write a song.

    python scripts/check_interpreters.py            # a table: version, seconds, MB, ok or failed
    python scripts/check_interpreters.py --floors   # the oldest Python, the lowest versions allowed

Each interpreter gets a temporary virtual environment. A dependency that would have to be compiled
counts as failed. Exit code 1 when one failed.
"""

from __future__ import annotations

import argparse
import configparser
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MINORS = range(10, 15)
ASK = "import sys; print(sys.implementation.name, '%d.%d.%d' % sys.version_info[:3])"


def interpreters() -> list[tuple[str, Path]]:
    """(version, executable) of each CPython 3.10-3.14 on the path and in pyenv's, oldest first."""
    names = [f"python3.{minor}" for minor in MINORS]
    found = [Path(there) for name in names if (there := shutil.which(name))]
    found += sorted((Path.home() / ".pyenv" / "versions").glob("3.*/bin/python3"))
    known: dict[str, Path] = {}
    for path in found:
        answer = subprocess.run([path, "-c", ASK], capture_output=True, text=True)
        kind, _, version = answer.stdout.strip().partition(" ")  # a pyenv shim may answer nothing
        if kind == "cpython" and int(version.split(".")[1]) in MINORS:
            known.setdefault(version, path)
    return sorted(known.items(), key=lambda item: [int(part) for part in item[0].split(".")])


def requirements(floors: bool) -> list[str]:
    """What a light install needs; with `floors` in the lowest versions allowed."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    needs = config["options"]["install_requires"].strip().splitlines()
    # What stands after a semicolon says on which Python it is needed.
    return [need.replace(">=", "==", 1) for need in needs] if floors else needs


def packages_mb(python: Path) -> float:
    """Size of what is installed beside pip."""
    folder = next(python.parents[1].glob("lib*/python*/site-packages"))
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(f.stat().st_size for f in files if "pip" not in f.relative_to(folder).parts[0]) / 1e6


def check(executable: Path, home: Path, floors: bool) -> tuple[float, float, str]:
    """Seconds to install, MB installed, and what the song came to."""
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    song = home / "song.mid"
    try:
        run(executable, "-m", "venv", home)
        start_sec = time.perf_counter()
        run(*install, "--only-binary", ":all:", *requirements(floors))
        run(*install, ROOT)
        seconds = time.perf_counter() - start_sec
        run(python, "-m", "musicgan", "generate", "--seed", "1", "--out", song, cwd=home)
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines() or ["no message"]
        reason = next((line for line in lines if line.startswith("ERROR")), lines[-1])
        return 0.0, 0.0, f"failed: {reason}"
    ok = song.exists() and song.read_bytes()[:4] == b"MThd"
    return seconds, packages_mb(python), "ok" if ok else "failed: no song"


def run(*command: object, cwd: Path = ROOT) -> None:
    subprocess.run(
        [str(part) for part in command], check=True, capture_output=True, text=True, cwd=cwd
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--floors", action="store_true", help="install the lowest versions allowed")
    floors = parser.parse_args().floors
    print(f"{'python':<10}{'seconds':>8}{'MB':>8}  result")
    bad = 0
    for version, executable in interpreters()[: 1 if floors else None]:
        with tempfile.TemporaryDirectory(prefix="musicgan-") as home:
            seconds, size_mb, result = check(executable, Path(home), floors)
        bad += result != "ok"
        print(f"{version:<10}{seconds:>8.0f}{size_mb:>8.0f}  {result}", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
