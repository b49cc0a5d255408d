"""Documents of one value: each value has one text, and every other text is refused."""

import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matrix.errors import StoreCorrupt
from matrix.service.costs import CellKind, Cost
from matrix.store import envelope

COSTS = {CellKind.PLAIN: Cost(1.5, 3), CellKind.EXTRA: Cost(1.0, 2)}


def test_a_written_value_is_read_unchanged(tmp_path: Path) -> None:
    """Writing creates the folder and leaves no temporary file."""
    path = tmp_path / "new" / "costs.json"
    envelope.write(path, "costs", COSTS)
    assert COSTS == envelope.read(path, "costs", dict[CellKind, Cost])
    assert [path] == list(path.parent.iterdir())


@given(st.dictionaries(st.sampled_from(CellKind), st.builds(Cost, st.floats(0, 1e6), st.integers(0, 1000))))
def test_equal_values_have_equal_texts(costs: dict[CellKind, Cost]) -> None:
    """The order of keys makes no difference."""
    assert envelope.render("costs", costs) == envelope.render("costs", dict(reversed(costs.items())))


@given(
    st.dictionaries(st.text(), st.text() | st.sampled_from(["##[error]x", "::error::x", "a ::b", "\x7f\x9b\u202e🙂"]))
)
@settings(deadline=None)
def test_a_text_is_safe_to_print_and_loses_nothing(value: dict[str, str]) -> None:
    """A plan has text of releases, and `matrix plan --format json` prints it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.json"
        envelope.write(path, "plan", value)
        assert value == envelope.read(path, "plan", dict[str, str])
        for line in path.read_text(encoding="ascii").splitlines():
            assert line.isprintable()
            assert not re.search(r"(?:^|\s)::|##", line)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda data: data[:-10], "can't be read", id="cut text"),
        pytest.param(lambda _: b"", "can't be read", id="empty text"),
        pytest.param(lambda _: b"\xff\xfe", "can't be read", id="bytes that are no text"),
        pytest.param(lambda data: data.replace(b"1.5", b"9.5"), "does not match its digest", id="a changed number"),
        pytest.param(lambda data: data.replace(b": ", b":"), "not in canonical form", id="other spaces"),
        pytest.param(lambda data: data.replace(b"costs/1", b"costs/2"), "has the schema", id="another schema"),
        pytest.param(lambda data: data.replace(b"plain", b"plein"), "can't be read", id="an unknown kind of cell"),
    ],
)
def test_a_changed_document_is_refused(change: Callable[[bytes], bytes], message: str, tmp_path: Path) -> None:
    """The message names the file."""
    path = tmp_path / "costs.json"
    path.write_bytes(change(envelope.render("costs", COSTS)))
    with pytest.raises(StoreCorrupt, match=message) as failure:
        envelope.read(path, "costs", dict[CellKind, Cost])
    assert str(failure.value).startswith(f"{path}: ")


def test_a_missing_document_is_refused(tmp_path: Path) -> None:
    """The failure is that of a corrupt document."""
    with pytest.raises(StoreCorrupt, match="does not exist"):
        envelope.read(tmp_path / "costs.json", "costs", dict[CellKind, Cost])
