"""The same by hand, one after the other: virtualenv, pip, the straightforward probe.

`--install-only` leaves out the probe, and does two at a time: it fills pip's cache.
"""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
INSTALL_ONLY = "--install-only" in sys.argv


def play(cell: dict[str, str]) -> None:
    """Make the environment of a cell, make the calls in it, and remove it."""
    folder = Path(os.environ["BENCH_FOLDER"]) / cell["name"]
    python = folder / "bin" / "python"
    made = [sys.executable, "-m", "virtualenv", "--quiet", "--python", os.environ["BENCH_PYTHON"], str(folder)]
    subprocess.run(made, check=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--only-binary", ":all:"]
    as_of = ["--uploaded-prior-to", cell["cutoff"]] if cell["cutoff"] else []
    subprocess.run([*install, *as_of, f"anthropic[aiohttp]=={cell['version']}"], check=True)
    if not INSTALL_ONLY:
        subprocess.run([python, HERE / "plain_probe.py", cell["name"]], check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(folder)


def main() -> None:
    """Go through all cells."""
    with ThreadPoolExecutor(max_workers=2 if INSTALL_ONLY else 1) as pool:
        for _ in pool.map(play, json.loads(os.environ["BENCH_CELLS"])):
            pass


if __name__ == "__main__":
    main()
