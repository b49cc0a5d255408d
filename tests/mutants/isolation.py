"""The protections of releases from each other, each with a mutant that removes it."""

from typing import Final

from tests.mutants.mutant import Mutant

_TESTS = "tests/harness/test_conversation.py"
_PIPELINE = "tests/harness/test_pipeline.py"
_CONVERSATION = "matrix/harness/conversation.py"

ISOLATION: Final = (
    Mutant(
        f"{_TESTS}::test_line_at_the_wrong_point_costs_the_cell",
        _CONVERSATION,
        (("if line.call != self.current or line.seen is None:", "if line.seen is None:"),),
    ),
    Mutant(
        f"{_TESTS}::test_line_that_no_probe_writes_at_any_point_costs_its_call",
        _CONVERSATION,
        (("if sum(kinds) != 1 or ", "if "),),
    ),
    Mutant(
        f"{_TESTS}::test_releases_that_write_lines_stop_no_other",
        "matrix/harness/player.py",
        (("        except _ForgeryError as forgery:", "        except EOFError as forgery:"),),
    ),
    Mutant(
        f"{_TESTS}::test_exception_that_is_nested_too_deeply_costs_its_call",
        _CONVERSATION,
        ((" or _is_too_deep(line.seen.exception)", ""),),
    ),
    Mutant(
        f"{_TESTS}::test_observations_of_a_cell_are_bounded",
        _CONVERSATION,
        (("if line.size > self.room:", "if False:"),),
    ),
    Mutant(
        f"{_TESTS}::test_probe_that_never_ends_is_ended",
        "matrix/harness/player.py",
        (("async with asyncio.timeout(_CELL_TIME):", "async with asyncio.timeout(None):"),),
    ),
    Mutant(
        f"{_PIPELINE}::test_a_request_that_belongs_to_no_call_is_recorded_as_what_it_is",
        "matrix/harness/controls.py",
        (("    if played.strays:", "    if False:"),),
    ),
    Mutant(
        f"{_PIPELINE}::test_an_older_release_is_the_control_if_the_newest_gives_no_answer",
        "matrix/harness/controls.py",
        (("CANDIDATES: Final = 5", "CANDIDATES: Final = 1"),),
    ),
    Mutant(
        "tests/harness/test_extra_controls.py::test_no_cell_of_an_extra_is_recorded_if_its_control_fails",
        "matrix/harness/pool.py",
        (("            if self._control is not None:", "            if self._control is not None and not extra:"),),
    ),
    Mutant(
        f"{_PIPELINE}::test_failures_of_releases_end_no_run",
        "matrix/harness/pool.py",
        (("            if not await self._runner.can_measure():\n", "            if True:\n"),),
    ),
    Mutant(
        f"{_PIPELINE}::test_uninstallable_releases_in_both_lanes_stop_no_other",
        "matrix/harness/uv.py",
        (("            for pattern, reason in _OF_THE_WHEEL.items():", "            for pattern, reason in ():"),),
    ),
    Mutant(
        "tests/service/test_holding.py::test_the_rest_may_be_published",
        "matrix/service/holding.py",
        (("        if rule and rule not in accept:", "        if False:"),),
    ),
    Mutant(
        "tests/service/test_holding.py::test_a_held_release_is_withdrawn_and_named_on_the_site",
        "matrix/service/snapshots.py",
        (("    if not held:\n", "    if True:\n"),),
    ),
    Mutant(
        "tests/system/test_process.py::test_start_that_is_cancelled_leaves_no_process",
        "matrix/system/process.py",
        (("process = await asyncio.shield(starting)", "process = await starting"),),
    ),
    Mutant(
        "tests/system/test_process.py::test_pipes_of_a_process_that_left_the_group_are_not_waited_for",
        "matrix/system/process.py",
        (("            pipe.close()\n", "            pass\n"),),
    ),
)
"""What keeps one release from stopping the others."""
