"""The probe that Python targets share: how it is laid out with a target's own part, and what names it."""

import shutil
from pathlib import Path

import msgspec

from matrix.harness.program import copy_program
from matrix.targets.sources import PYTHON_PROBE
from tests.targets.acme import ACME


def files(folder: Path) -> dict[str, str]:
    """Read every file of a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_both_parts_are_laid_out_in_one_folder(tmp_path: Path) -> None:
    """Modules of each part import those of the other by name."""
    probe = copy_program(ACME.probe, ACME.remedy, tmp_path, ACME.shared_probes)
    assert {**files(PYTHON_PROBE), **files(ACME.probe)} == files(probe)
    assert {"__main__.py", "probe_caller.py", "probe_surfaces.py", "handlers/class-busy.py"} <= files(probe).keys()


def test_a_targets_own_file_replaces_a_shared_one(tmp_path: Path) -> None:
    """So a target can differ in one module."""
    for name, texts in {"shared": {"a.py": "shared", "b.py": "shared"}, "own": {"b.py": "own"}}.items():
        (tmp_path / name).mkdir()
        for file, text in texts.items():
            (tmp_path / name / file).write_text(text)
    (tmp_path / "program").mkdir()
    probe = copy_program(tmp_path / "own", None, tmp_path / "program", (tmp_path / "shared",))
    assert {"a.py": "shared", "b.py": "own"} == files(probe)


def test_handlers_and_patch_of_another_target_are_not_shared(tmp_path: Path) -> None:
    """The folder that is shared may be the probe of a target; only its top level is looked at."""
    for name in ("shared/handlers/b.py", "shared/midstream_patch.py", "shared/lib/handlers/c.py", "own/handlers/a.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "program").mkdir()
    probe = copy_program(tmp_path / "own", None, tmp_path / "program", (tmp_path / "shared",))
    assert {"handlers/a.py", "lib/handlers/c.py"} == files(probe).keys()


def test_the_digest_covers_no_handler_of_another_target(tmp_path: Path) -> None:
    """A change there changes nothing that a cell of this target has."""
    shutil.copytree(PYTHON_PROBE, shared := tmp_path / "shared")
    (shared / "handlers").mkdir()
    (shared / "handlers" / "other.py").write_text("changed = True\n")
    (shared / "midstream_patch.py").write_text("changed = True\n")
    assert ACME.digest == msgspec.structs.replace(ACME, shared_probe=shared).digest


def test_the_digest_covers_the_shared_part(tmp_path: Path) -> None:
    """With another shared probe, the same calls measure something else."""
    shared = tmp_path / "shared"
    shutil.copytree(PYTHON_PROBE, shared)
    same = msgspec.structs.replace(ACME, shared_probe=shared)
    assert ACME.digest == same.digest
    (shared / "probe_facets.py").write_text("changed = True\n")
    assert ACME.digest != msgspec.structs.replace(same).digest
