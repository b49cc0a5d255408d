"""The document of all changes: it says each change of each call, and like calls only once."""

from collections.abc import Iterable
from itertools import product

from matrix.compare.diff import ChangedCall
from matrix.model import Lane
from matrix.site import render
from matrix.site.changes.changes_document import HistoryEntry, LikeCalls, changes_fields
from matrix.site.epoch_views import view_epochs
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.support.paths import DATA


def spread(groups: Iterable[LikeCalls]) -> list[ChangedCall]:
    """List every call of these groups by itself."""
    return [
        ChangedCall(scenario=scenario, surface=surface, before=group.before, after=group.after)
        for group in groups
        for surface, scenario in product(group.surfaces, group.scenarios)
    ]


def key(call: ChangedCall) -> tuple[str, str, str, str]:
    """Return a key by which calls are sorted."""
    return call.scenario, call.surface, call.before, call.after


def test_every_changed_call_of_the_committed_data_is_in_one_group() -> None:
    """Check that the groups of each change have its calls with their values, each once."""
    histories = view_epochs(render.read_source(Store(DATA, ANTHROPIC))).histories
    entries = changes_fields(histories)["histories"]
    assert isinstance(entries, tuple)
    moved: list[list[ChangedCall]] = []
    grouped: list[list[ChangedCall]] = []
    number_of_groups = 0
    for history, entry in zip(histories.values(), entries, strict=True):
        assert isinstance(entry, HistoryEntry)
        assert (history.lane, history.epochs, history.untested) == (entry.lane, entry.epochs, entry.untested)
        for was, now in zip(history.transitions, entry.transitions, strict=True):
            moved += [sorted(change.moved, key=key) for change in was.comparison.changes]
            moved += [sorted(change.moved, key=key) for change in was.comparison.handled]
            groups = [change.moved for change in now.comparison.changes]
            groups += [change.moved for change in now.comparison.handled]
            grouped += [sorted(spread(group), key=key) for group in groups]
            number_of_groups += sum(map(len, groups))
    assert moved == grouped
    assert set(Lane) == set(histories)
    assert number_of_groups * 4 < sum(map(len, moved))
