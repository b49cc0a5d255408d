"""The plain way: a session of nox with uv for each release and lane, run with `-j2`.

With BENCH_OWN set, a session runs the probe of this project instead of the straightforward one.
"""

import json
import os
from pathlib import Path

import nox

nox.options.default_venv_backend = "uv"

CELLS = json.loads(os.environ["BENCH_CELLS"])
OWN = json.loads(os.environ.get("BENCH_OWN", "[]"))


@nox.session(python=os.environ["BENCH_PYTHON"], allow_parallel=True)
@nox.parametrize("cell", [nox.param(cell, id=cell["name"]) for cell in CELLS])
def measure(session: nox.Session, cell: dict[str, str]) -> None:
    """Install one release, and make the calls with it."""
    as_of = {"UV_EXCLUDE_NEWER": cell["cutoff"]} if cell["cutoff"] else {}
    session.install("--only-binary", ":all:", f"anthropic[aiohttp]=={cell['version']}", env=as_of)
    if OWN:
        said = session.run(*OWN, "--python", str(Path(session.bin) / "python"), external=True, silent=True)
        Path(os.environ["BENCH_FOLDER"], f"{cell['name']}.json").write_text(str(said), encoding="utf-8")
    else:
        session.run("python", str(Path(__file__).parent / "plain_probe.py"), cell["name"], silent=True)
