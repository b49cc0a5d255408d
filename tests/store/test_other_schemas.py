"""Documents of another midstream are distinguished from broken documents: older, newer, or of another kind."""

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from matrix.errors import StoreCorrupt
from matrix.service.artifact import PLAN, RECORD, ShardRecord
from matrix.service.costs import CellKind, Cost
from matrix.service.plan import Plan
from matrix.service.planner import COSTS
from matrix.store import documents, envelope, last_run
from matrix.store.documents import RESTORE, VERSIONS
from matrix.store.last_run import LastRun
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.store.test_store import FILES, fill

AGAIN = "Create it again with the command that wrote it."
SEALED = {
    PLAN: (Plan(suite="", pythons=(), releases=(), controls={}, shards=(), distributions={}), Plan),
    RECORD: (ShardRecord(plan="", suite="", shard=1, of=1), ShardRecord),
    COSTS: ({CellKind.PLAIN: Cost(1.5, 3)}, dict[CellKind, Cost]),
}
"""The name of a document of one value, to such a value and its type."""


def document(folder: Path, name: str) -> tuple[Path, Callable[[], object], str]:
    """Write a document of a kind; return its path, its reader and the hint for an old one."""
    if name in SEALED:
        value, kind = SEALED[name]
        envelope.write(folder / f"{name}.json", name, value)
        return folder / f"{name}.json", lambda: envelope.read(folder / f"{name}.json", name, kind), AGAIN
    if name == last_run.NAME:
        text = last_run.render(LastRun(day=dt.date(2025, 1, 1), suite="", releases=1, newest=""))
        last_run.path(folder / "data").write_bytes(text)
        return last_run.path(folder / "data"), lambda: last_run.read(folder / "data"), RESTORE
    fill(folder / "data")
    return folder / "data" / name, lambda: Store(folder / "data", ANTHROPIC)._entries(Path(name)), RESTORE


def hint_for_the_version_before(folder: Path, name: str, again: str) -> str:
    """What is to be done about a file of the schema before this one: documents of the data can be converted."""
    return documents.migration_hint(folder / "data") if name in FILES else again


each_kind = pytest.mark.parametrize("name", [*FILES, *SEALED, last_run.NAME])


@each_kind
def test_the_failure_says_whether_a_schema_is_older_or_newer(tmp_path: Path, name: str) -> None:
    """The hint is to update or to write the document again; the other fields make no difference."""
    path, read, again = document(tmp_path, name)
    data = path.read_bytes()
    (own,) = re.findall(rb'"schema": "(midstream/[a-z]+/\d+)"', data)
    stem, _, number = own.decode().rpartition("/")
    earlier = hint_for_the_version_before(tmp_path, name, again)
    steps = ((1, "a newer", "Update midstream."), (-1, "an earlier", earlier), (10**8, "a newer", "Update midstream."))
    for step, who, hint in steps:
        other = f"{stem}/{int(number) + step}"
        with_other_schema = data.replace(own, other.encode(), 1)
        expected = f"was written by {who} midstream: it has the schema {other!r}, and this one reads {own.decode()!r}."
        for body in (with_other_schema, with_other_schema.replace(b"{", b'{"colour": "red", ', 1)):
            path.write_bytes(body)
            with pytest.raises(StoreCorrupt) as failure:
                read()
            assert (f"{path}: {expected}", hint) == (str(failure.value), failure.value.hint)


@each_kind
def test_the_failure_names_the_schema_of_another_kind(tmp_path: Path, name: str) -> None:
    """The document belongs to another program or to another place."""
    path, read, again = document(tmp_path, name)
    data = path.read_bytes()
    for other in ("midstream/other/1", "other/1", "", "midstream/releases/", "midstream/plan/1x"):
        path.write_bytes(re.sub(rb'"schema": "[^"]+"', f'"schema": "{other}"'.encode(), data, count=1))
        with pytest.raises(StoreCorrupt, match=re.escape(f"has the schema {other!r}, but 'midstream/")) as failure:
            read()
        assert again == failure.value.hint


def test_observations_of_the_first_schema_are_refused(tmp_path: Path) -> None:
    """These contain their decisions, so a reader of today would take them for observations without decisions."""
    assert 3 == VERSIONS["observations"]
    fill(tmp_path / "data")
    path = tmp_path / "data" / "observations" / "clean.json"
    old = b'"' + b"0" * 16 + b'": {"outcome":"raised","requests":1}'
    path.write_bytes(b'{"schema": "midstream/observations/1",\n"digest": "",\n"entries": {\n' + old + b"\n}}\n")
    (problem,) = Store(tmp_path / "data", ANTHROPIC).verify()
    assert f"{path}: was written by an earlier midstream: it has the schema 'midstream/observations/1'" in problem
