"""Finds the interpreters of other versions that are installed on this machine."""

import os
import subprocess
from pathlib import Path

from uv import find_uv_bin


def find_python(version: str) -> Path | None:
    """Find an interpreter by its version, `X.Y`: one that uv knows or that is on the PATH, else one of pyenv.

    A shim of pyenv is on the PATH for every version, and works for those that are switched on.
    """
    command = [find_uv_bin(), "python", "find", "--no-project", "--no-python-downloads", version]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode == 0:
        return Path(answer.stdout.strip())
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    return next(pyenv.glob(f"versions/{version}.*/bin/python{version}"), None)
