"""Find the interpreters of other versions on this machine."""

import os
import subprocess
from pathlib import Path

from uv import find_uv_bin


def find_python(version: str) -> Path | None:
    """Find an interpreter of a version `X.Y`: one that uv finds, including those on the PATH, else one of pyenv.

    The PATH has a pyenv shim for every version, but a shim works only for versions that pyenv has switched on.
    """
    command = [find_uv_bin(), "python", "find", "--no-project", "--no-python-downloads", version]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode == 0:
        return Path(answer.stdout.strip())
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    return next(pyenv.glob(f"versions/{version}.*/bin/python{version}"), None)
