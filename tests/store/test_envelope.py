"""Documents of one value: one text for each, and whatever else is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.errors import StoreCorrupt
from matrix.service.costs import CellKind, Cost
from matrix.store import envelope

COSTS = {CellKind.PLAIN: Cost(1.5, 3), CellKind.EXTRA: Cost(1.0, 2)}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Into a folder that is made, with nothing left beside it."""
    path = tmp_path / "new" / "costs.json"
    envelope.write(path, "costs", COSTS)
    assert COSTS == envelope.read(path, "costs", dict[CellKind, Cost])
    assert [path] == list(path.parent.iterdir())


@given(st.dictionaries(st.sampled_from(CellKind), st.builds(Cost, st.floats(0, 1e6), st.integers(0, 1000))))
def test_one_value_has_one_text(costs: dict[CellKind, Cost]) -> None:
    """In whatever order it came."""
    assert envelope.render("costs", costs) == envelope.render("costs", dict(reversed(costs.items())))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda data: data[:-10], "can't be read", id="cut"),
        pytest.param(lambda _: b"", "can't be read", id="empty"),
        pytest.param(lambda _: b"\xff\xfe", "can't be read", id="no text"),
        pytest.param(lambda data: data.replace(b"1.5", b"9.5"), "does not match its digest", id="changed"),
        pytest.param(lambda data: data.replace(b": ", b":"), "not in canonical form", id="spaced otherwise"),
        pytest.param(lambda data: data.replace(b"costs/1", b"costs/2"), "has the schema", id="of another schema"),
        pytest.param(lambda data: data.replace(b"plain", b"plein"), "can't be read", id="of an unknown kind"),
    ],
)
def test_what_was_not_written_is_refused(change: Callable[[bytes], bytes], message: str, tmp_path: Path) -> None:
    """And its file is named."""
    path = tmp_path / "costs.json"
    path.write_bytes(change(envelope.render("costs", COSTS)))
    with pytest.raises(StoreCorrupt, match=message) as failure:
        envelope.read(path, "costs", dict[CellKind, Cost])
    assert str(failure.value).startswith(f"{path}: ")


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    """As what is corrupt is."""
    with pytest.raises(StoreCorrupt, match="does not exist"):
        envelope.read(tmp_path / "costs.json", "costs", dict[CellKind, Cost])
