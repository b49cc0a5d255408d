"""The patched control of the cells with an extra, on miniature releases with a client of Bedrock."""

from collections.abc import Callable
from pathlib import Path

import pytest

from matrix.catalogue import suite
from matrix.catalogue.steps import Family, RaisesStatus
from matrix.catalogue.suite import SuitePart
from matrix.errors import ControlFailure
from matrix.harness import controls, measure
from matrix.harness.jobs import make_jobs
from matrix.harness.patching import documented_statuses
from matrix.model import Cell, Lane
from matrix.observation import Call
from matrix.store.documents import control_name
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from matrix.verdicts.verdict import VerdictKind, Yardstick, judge_call
from tests.miniature.drive import PYTHON, Silent, cell
from tests.miniature.index import Index, release
from tests.miniature.releases import LOSES_EXCEPTIONS, READS_FRAMES, Miniature

THROTTLED = Call("bedrock.messages.create", "mid-throttling-exception")
FEW_CALLS = SuitePart(("clean", "unknown", THROTTLED.scenario), ("messages.create", THROTTLED.surface))


@pytest.fixture
def measure_with(
    own_cache: Path, own_index: Index, catalogue: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> Callable[[Miniature], tuple[Store, Silent]]:
    """Return a function that measures one release, without its extra at first, on an index that has it."""
    monkeypatch.setattr(suite, "WHOLE", FEW_CALLS)

    def run(miniature: Miniature) -> tuple[Store, Silent]:
        own_index.add(miniature)
        store, progress = catalogue("raises_200"), Silent()
        with store.writing():
            store.put_releases(store.releases() | {miniature.version: release(miniature)})
        jobs = make_jobs([Cell(miniature.version, Lane.TODAY, PYTHON)], store)
        try:
            measure.run(store, jobs, measure.Options(index=own_index.address, workers=2), progress)
        finally:
            store = Store(store.folder, ANTHROPIC)
        return store, progress

    return run


def test_the_cells_of_an_extra_have_a_control_of_their_own(
    measure_with: Callable[[Miniature], tuple[Store, Silent]],
) -> None:
    """Check that the patch sets an exception frame right, which the release itself gives the status 200."""
    store, progress = measure_with(READS_FRAMES)
    plain = Cell(READS_FRAMES.version, Lane.TODAY, PYTHON)
    bedrock = Cell(READS_FRAMES.version, Lane.TODAY, PYTHON, "bedrock")
    assert [plain, bedrock] == progress.controls
    control, measured = store.control(control_name(PYTHON, "bedrock")), store.result(bedrock)
    assert control is not None
    assert measured is not None
    assert (bedrock, set(controls.control_calls(ANTHROPIC, "bedrock"))) == (control[0], set(control[1].behaviour))
    kinds = [
        judge_call(ANTHROPIC, behaviour, THROTTLED, Yardstick.DOCUMENTED).kind
        for behaviour in (control[1].behaviour, measured.behaviour)
    ]
    assert [VerdictKind.RIGHT, VerdictKind.WRONG] == kinds


def test_no_cell_of_an_extra_is_recorded_if_its_control_fails(
    measure_with: Callable[[Miniature], tuple[Store, Silent]], tmp_path: Path
) -> None:
    """Check a client of Bedrock that raises a `ValueError` for each exception frame, patched or not."""
    with pytest.raises(ControlFailure, match=r"bedrock patched .*-exception on bedrock.messages.create came out wrong"):
        measure_with(LOSES_EXCEPTIONS)
    store = Store(tmp_path / "data", ANTHROPIC)
    assert [""] == [each.extra for each in store.cells()]
    assert store.control(control_name(PYTHON, "bedrock")) is None


def test_a_requested_cell_shows_that_its_release_offers_the_extra(
    own_cache: Path, index: Index, catalogue: Callable[..., Store]
) -> None:
    """Check a run of a cell with an extra alone, where the newest release lacks the extra and nothing is recorded."""
    store, progress = catalogue("offers_aiohttp", "raises_200"), Silent()
    extra = cell("offers_aiohttp", extra="aiohttp")
    summary = measure.run(store, make_jobs([extra], store), measure.Options(index=index.address), progress)
    assert ([cell("raises_200"), extra], 1, ()) == (progress.controls, summary.measured, summary.failures)


def test_a_control_judges_each_call_whose_status_the_patch_can_set() -> None:
    """Check that these are the controls and the errors that name a type, and no frame that is cut off or damaged."""
    played = {call.scenario for call in controls.control_calls(ANTHROPIC, "bedrock")}
    framed = {id_ for id_, scenario in ANTHROPIC.catalogue.items() if scenario.family is Family.EVENT_STREAM}
    left_out = {"unknown-frame", "half-frame", "bad-frame-checksum", "bad-prelude-checksum"}
    assert framed - left_out == framed & played
    types = documented_statuses(ANTHROPIC)
    for id_ in played:
        ideal = ANTHROPIC.catalogue[id_].ideal
        if isinstance(ideal, RaisesStatus) and ANTHROPIC.catalogue[id_].in_stream:
            assert ideal.status == types.get(ideal.error_type), id_
