"""Every protection of docs/trust.md with a mutant that removes it; tests/test_trust.py checks that none is missing."""

from typing import Final

from tests.mutants.mutant import Mutant

_LIMITS = "tests/backend/test_server_limits.py"
_HOSTILE = "tests/backend/test_server_hostile.py"
_READING = "matrix/backend/reading.py"
_SERVER = "matrix/backend/server.py"
_FILES = "matrix/system/files.py"
_STORE = "matrix/store/store.py"

BACKEND: Final = (
    Mutant(
        "tests/backend/test_server.py::test_the_kernel_lists_only_127_0_0_1_for_the_port",
        _SERVER,
        (('HOST = "127.0.0.1"', 'HOST = "0.0.0.0"'),),
    ),
    Mutant(
        f"{_LIMITS}::test_a_head_may_be_as_large_as_the_limit_and_not_a_byte_larger",
        _READING,
        (
            ("max_incomplete_event_size=limits.head - 1", "max_incomplete_event_size=1 << 30"),
            ("room = limits.head - len(connection.trailing_data[0])", "room = 1 << 30"),
        ),
    ),
    Mutant(
        f"{_LIMITS}::test_a_body_may_be_as_large_as_the_limit_and_not_a_byte_larger",
        _READING,
        (("if length > limits.body:", "if False:"),),
    ),
    Mutant(
        f"{_LIMITS}::test_a_slow_request_is_cut_off_after_the_limit",
        _READING,
        (("timeout(limits.request)", "timeout(None)"),),
    ),
    Mutant(
        f"{_LIMITS}::test_a_peer_that_does_not_read_its_answer_is_cut_off",
        _SERVER,
        (("timeout(self.limits.answer)", "timeout(None)"),),
    ),
    Mutant(
        f"{_LIMITS}::test_a_connection_over_the_limit_is_closed_and_the_others_are_served",
        _SERVER,
        (("if len(self._connections) >= self.limits.connections:", "if False:"),),
    ),
    Mutant(
        f"{_LIMITS}::test_a_backend_without_free_files_serves_again_once_files_are_free",
        _SERVER,
        (('"reuse_address": True}', '"reuse_address": True, "backlog": 1}'),),
    ),
    Mutant(
        f"{_HOSTILE}::test_a_pipelining_client_does_not_starve_another_client",
        _SERVER,
        (("await sleep(0)  # yield", "pass  # yield"),),
    ),
    Mutant(
        f"{_HOSTILE}::test_a_reset_at_any_stage_leaves_no_connection",
        _SERVER,
        (
            (
                "        except (OSError, asyncio.CancelledError):\n            # The",
                "        except EOFError:\n            # The",
            ),
        ),
    ),
    Mutant(
        f"{_HOSTILE}::test_no_file_and_no_task_remains_after_thousands_of_connections",
        _SERVER,
        (("        finally:\n            writer.transport.abort()\n", "        finally:\n"),),
    ),
    Mutant(
        f"{_HOSTILE}::test_two_backends_do_not_share_requests",
        "matrix/backend/journal.py",
        (
            ("attempts = self._attempts[attempt.base_path]", "attempts = _SHARED[attempt.base_path]"),
            ("return self._attempts.pop(base_path, [])", "return _SHARED.pop(base_path, [])"),
            ("class Entry(", "_SHARED: defaultdict[str, list[Attempt]] = defaultdict(list)\n\n\nclass Entry("),
        ),
    ),
    Mutant(
        "tests/backend/test_server_fuzz.py::test_the_backend_serves_the_next_client_after_any_bytes",
        _READING,
        (("except h11.RemoteProtocolError as error:", "except EOFError as error:"),),
    ),
)
"""The backend: sizes, times and numbers, and one client apart from another."""

DATA: Final = (
    Mutant(
        "tests/store/test_power_cut.py::test_a_power_cut_at_any_moment_loses_no_result",
        _FILES,
        (("                os.fsync(file.fileno())\n", ""),),
    ),
    Mutant(
        "tests/store/test_store.py::test_a_kill_at_any_write_leaves_a_store_that_can_be_read_and_completed",
        _STORE,
        (
            (
                "                changed.append(cell)\n        self._merge_all(new)\n",
                "                changed.append(cell)\n",
            ),
            (
                "            self._merge(path, entries)\n        return changed",
                "            self._merge(path, entries)\n        self._merge_all(new)\n        return changed",
            ),
        ),
    ),
    Mutant(
        "tests/store/test_full_disk.py::test_no_data_is_lost_when_the_system_refuses_a_step",
        _FILES,
        (("                temporary.unlink(missing_ok=True)\n", "                pass\n"),),
    ),
    Mutant(
        "tests/store/test_store.py::test_a_second_writer_fails_because_the_store_is_busy",
        "matrix/store/lock.py",
        (("        lock.acquire()\n", ""),),
    ),
    Mutant(
        "tests/store/test_root.py::test_every_swap_of_two_documents_is_refused",
        "matrix/store/documents.py",
        (("        if document.path != path.as_posix():\n", "        if document.path is None:\n"),),
    ),
    Mutant(
        "tests/store/test_root.py::test_an_earlier_document_is_refused",
        "matrix/store/root.py",
        (("    return ALTERED if recorded and recorded == _recorded(folder) else MISSING\n", "    return MISSING\n"),),
    ),
    Mutant(
        "tests/store/test_root.py::test_a_document_that_went_is_refused",
        _STORE,
        (("            if root.find_problem(self.folder) == root.ALTERED:", "            if self.folder is None:"),),
    ),
    Mutant(
        "tests/service/test_costs.py::test_seconds_out_of_bounds_are_refused_where_they_are_read",
        "matrix/service/costs.py",
        (("Annotated[float, Meta(ge=0, le=MAX_SECONDS)]", "float"),),
    ),
    Mutant(
        "tests/cli/test_terminal.py::test_a_command_prints_text_of_releases_as_text",
        "matrix/cli/terminal.py",
        (("        return visible(line)\n", "        return line\n"),),
    ),
)
"""The data: what is on the disk after whatever happens."""

MUTANTS: Final = (*BACKEND, *DATA)
