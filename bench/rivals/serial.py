"""The same by hand, one after the other: virtualenv, pip, the straightforward probe.

`--install-only` leaves out the probe: it fills pip's cache.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    """Go through all cells."""
    folder = Path(os.environ["BENCH_FOLDER"]) / "serial"
    for cell in json.loads(os.environ["BENCH_CELLS"]):
        python = folder / "bin" / "python"
        made = [sys.executable, "-m", "virtualenv", "--quiet", "--python", os.environ["BENCH_PYTHON"], str(folder)]
        subprocess.run(made, check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--only-binary", ":all:"]
        as_of = ["--uploaded-prior-to", cell["cutoff"]] if cell["cutoff"] else []
        subprocess.run([*install, *as_of, f"anthropic[aiohttp]=={cell['version']}"], check=True)
        if "--install-only" not in sys.argv:
            subprocess.run([python, HERE / "plain_probe.py", cell["name"]], check=True, stdout=subprocess.DEVNULL)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
