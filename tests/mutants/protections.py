"""Every protection of docs/trust.md with a mutant that removes it; tests/test_trust.py checks that none is missing."""

from typing import Final

from tests.mutants.isolation import ISOLATION
from tests.mutants.mutant import Mutant

_LIMITS = "tests/backend/test_server_limits.py"
_HOSTILE = "tests/backend/test_server_hostile.py"
_READING = "matrix/backend/reading.py"
_SERVER = "matrix/backend/server.py"
_FILES = "matrix/system/files.py"
_STORE = "matrix/store/store.py"
_SIGNED = "tests/store/test_signature.py"
_SIGNATURE = "matrix/store/signature.py"
_SANDBOX = "tests/harness/test_sandbox.py"
_ESCAPES = "tests/harness/test_escapes.py"
_WHEELS_TESTS = "tests/harness/test_wheels.py"
_INIT = "matrix/harness/sandbox/__init__.py"
_ENTER = "matrix/harness/sandbox/enter.py"
_LAYOUT = "matrix/harness/sandbox/layout.py"
_SECCOMP = "matrix/harness/sandbox/seccomp.py"
_PLAYER = "matrix/harness/player.py"
_CONVERSATION = "matrix/harness/conversation.py"
_ENVIRONMENT = "matrix/harness/environment.py"
_WHEELS = "matrix/harness/wheels.py"
_UV = "matrix/harness/uv.py"
_DOCUMENTS = "matrix/store/documents.py"
_PROBES = "tests/harness/test_probe_sandbox.py"
_PREVIEW_TESTS = "tests/site/test_preview.py"
_PREVIEW = "matrix/site/preview.py"

SANDBOX: Final = (
    Mutant(
        f"{_SANDBOX}::test_no_variable_of_the_user_is_seen",
        _PLAYER,
        (
            (
                'required = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}',
                "required = dict(os.environ)",
            ),
        ),
    ),
    Mutant(f"{_SANDBOX}::test_no_variable_of_another_process_is_seen", _LAYOUT, (('"--unshare-pid", ', ""),)),
    Mutant(f"{_SANDBOX}::test_the_home_is_empty", _PLAYER, (('"HOME": home,', '"HOME": "/etc",'),)),
    Mutant(
        f"{_SANDBOX}::test_no_file_of_the_user_is_seen",
        _LAYOUT,
        (('_SYSTEM = ("/usr",', '_SYSTEM = ("/tmp", "/usr",'),),
    ),
    Mutant(
        f"{_SANDBOX}::test_only_what_is_locked_is_imported",
        _PLAYER,
        (
            ('"PYTHONHASHSEED": "0",', '"PYTHONHASHSEED": "0", "PYTHONPATH": os.pathsep.join(sys.path),'),
            ("self._sees = (*sees, ", "self._sees = (*sees, Path(sys.prefix), "),
        ),
    ),
    Mutant(
        f"{_SANDBOX}::test_nothing_is_written_but_in_the_home",
        _LAYOUT,
        (('options += ["--ro-bind", str(path), str(path)]', 'options += ["--bind", str(path), str(path)]'),),
    ),
    Mutant(
        f"{_ESCAPES}::test_home_has_a_limit_for_the_number_of_files",
        _ENTER,
        (('b"nr_inodes=%d" % entries', 'b"nr_inodes=0"'),),
    ),
    Mutant(
        f"{_SANDBOX}::test_nothing_is_left_in_the_home",
        _LAYOUT,
        (
            ('"--tmpfs", str(home), "--chdir"', '"--bind", str(home), str(home), "--chdir"'),
            ('"--perms", "1777", "--size", str(size), ', ""),
        ),
    ),
    Mutant(f"{_SANDBOX}::test_disk_can_not_be_filled", _LAYOUT, (('"--size", str(size), ', ""),)),
    Mutant(
        f"{_SANDBOX}::test_file_can_not_grow_without_end",
        _ENTER,
        (("    limit(limits)\n    if", '    limit(limits.replace("FSIZE", "NONE"))\n    if'),),
    ),
    Mutant(
        f"{_SANDBOX}::test_memory_has_a_limit",
        _ENTER,
        (("    limit(limits)\n    if", '    limit(limits.replace("AS", "NONE"))\n    if'),),
    ),
    Mutant(
        f"{_ESCAPES}::test_a_machine_that_gives_no_rights_in_namespaces_says_so",
        _INIT,
        (
            (
                "        lacks.append(f\"The number of files in a cell's home",
                "        str(f\"The number of files in a cell's home",
            ),
        ),
    ),
    Mutant(
        f"{_PROBES}::test_a_probe_runs_in_the_sandbox",
        "matrix/harness/measure.py",
        (("await sandbox.find_sandbox(confinement, own_python, everything)", "sandbox.NO_SANDBOX"),),
    ),
    Mutant(
        f"{_PROBES}::test_a_user_without_rights_has_the_same_sandbox",
        "matrix/harness/measure.py",
        (("await sandbox.find_sandbox(confinement, own_python, everything)", "sandbox.NO_SANDBOX"),),
    ),
    Mutant(
        f"{_PROBES}::test_a_probe_says_that_there_is_no_sandbox",
        "matrix/harness/measure.py",
        (('                warn(f"Your code runs', '                str(f"Your code runs'),),
    ),
    Mutant(
        f"{_ESCAPES}::test_no_denied_system_call_reaches_the_kernel",
        _SECCOMP,
        (('            "memfd_create": 319,\n', ""),),
    ),
    Mutant(
        f"{_ESCAPES}::test_a_cell_has_a_control_group_where_systemd_offers_one",
        _INIT,
        (('"sh", *self.scope, self.bubblewrap', '"sh", self.bubblewrap'),),
    ),
    Mutant(
        f"{_ESCAPES}::test_a_machine_without_control_groups_says_so",
        _INIT,
        (
            (
                'return msgspec.structs.replace(sandbox if reason else grouped, lacks=" ".join(lacks))',
                "return sandbox if reason else grouped",
            ),
        ),
    ),
    Mutant(
        f"{_ESCAPES}::test_the_kernel_ends_a_cell_first_and_for_good",
        _LAYOUT,
        (('"--proc", "/proc", "--remount-ro", "/proc"]', '"--proc", "/proc"]'),),
    ),
    Mutant(
        f"{_ESCAPES}::test_the_kernel_ends_a_cell_first_and_for_good",
        _INIT,
        (("echo 1000 >/proc/self/oom_score_adj; exec", "exec"),),
    ),
    Mutant(
        f"{_SANDBOX}::test_open_files_have_a_limit",
        _ENTER,
        (("    limit(limits)\n    if", '    limit(limits.replace("NOFILE", "NONE"))\n    if'),),
    ),
    Mutant(
        f"{_SANDBOX}::test_processes_have_a_limit", _INIT, (('({"NPROC": PROCESSES} if is_confined else {})', "{}"),)
    ),
    Mutant(
        f"{_SANDBOX}::test_processor_time_has_a_limit",
        _ENTER,
        (("    limit(limits)\n    if", '    limit(limits.replace("CPU", "NONE"))\n    if'),),
    ),
    Mutant(
        "tests/harness/test_player.py::test_the_watchdog_ends_a_call_that_blocks_the_interpreter",
        _PLAYER,
        (("patience = self._deadline + _GRACE if state.is_calling else _IMPORT_TIME", "patience = 10_000.0"),),
    ),
    Mutant(f"{_SANDBOX}::test_no_core_is_dumped", _INIT, (('"CORE": 0, ', ""),)),
    Mutant(f"{_SANDBOX}::test_no_network_but_its_own_loopback", _LAYOUT, (('"--unshare-net", ', ""),)),
    Mutant(f"{_SANDBOX}::test_no_socket_of_the_machine_is_reached", _LAYOUT, (('"--unshare-net", ', ""),)),
    Mutant(
        f"{_ESCAPES}::test_sockets_are_those_of_the_network_and_of_unix",
        _SECCOMP,
        (('"AF_NETLINK": 16}', '"AF_NETLINK": 16, "AF_ALG": 38, "AF_VSOCK": 40}'),),
    ),
    Mutant(
        f"{_ESCAPES}::test_the_filter_of_each_processor",
        _SECCOMP,
        (("(_EQUAL, 1, 0, architecture.audit)", "(_AT_LEAST, 1, 0, 0)"),),
    ),
    Mutant(
        f"{_ESCAPES}::test_the_filter_of_each_processor",
        _SECCOMP,
        (("_X32 = 0x40000000", "_X32 = 0x7FFFFFFF"),),
    ),
    Mutant(f"{_ESCAPES}::test_no_right_is_left", _ENTER, (("    if entries:\n        drop_rights()\n", ""),)),
    Mutant(
        f"{_ESCAPES}::test_an_entry_starts_with_the_rights_that_it_gives_up",
        _LAYOUT,
        (('"--cap-drop", "ALL", ', '"--cap-add", "ALL", '),),
    ),
    Mutant(
        f"{_ESCAPES}::test_no_new_namespace_gives_new_rights",
        _SECCOMP,
        (("_NEW_NAMESPACES = 0x7E020000", "_NEW_NAMESPACES = 0"),),
    ),
    Mutant(
        f"{_SANDBOX}::test_nothing_outlives_a_sandbox",
        _LAYOUT,
        (('"--unshare-pid", ', ""), ('"--die-with-parent", ', "")),
    ),
    Mutant(
        "tests/harness/test_player.py::test_processes_of_a_killed_probe_end_with_it",
        "matrix/system/process.py",
        (("os.killpg(process.pid, signal.SIGKILL)", "process.kill()"),),
    ),
    Mutant(
        "tests/harness/test_probe.py::test_the_probe_that_ends_a_call_ends_the_processes_of_the_sdk",
        "matrix/targets/anthropic/probe/__main__.py",
        (("        os.killpg(0, signal.SIGKILL)\n", "        pass\n"),),
    ),
    Mutant(f"{_SANDBOX}::test_a_process_that_is_left_does_not_delay_the_end", _LAYOUT, (('"--unshare-pid", ', ""),)),
    Mutant(
        f"{_SANDBOX}::test_limits_are_taken_before_anything_of_the_environment_runs",
        _ENTER,
        (("    limit(limits)\n    if", "    if"),),
    ),
    Mutant(
        "tests/harness/test_bytecode.py::test_every_source_is_compiled_and_none_is_run",
        "matrix/harness/sandbox/compile.py",
        (("data = marshal.dumps(compile(", "exec(source, {}); data = marshal.dumps(compile("),),
    ),
    Mutant(
        "tests/harness/test_player.py::test_noise_changes_no_observation",
        "matrix/targets/anthropic/probe/__main__.py",
        (("        os.dup2(2, 1)\n", ""),),
    ),
    Mutant(
        "tests/harness/test_probe.py::test_a_process_that_a_call_forks_reports_nothing",
        "matrix/targets/anthropic/probe/__main__.py",
        (("os.getpid() != self._process", "False"), ("os.dup2(2, self._file.fileno())", "None")),
    ),
    Mutant(
        "tests/harness/test_probe.py::test_a_process_that_a_call_forks_does_not_hold_the_pipe",
        "matrix/targets/anthropic/probe/__main__.py",
        (("os.dup2(2, self._file.fileno())", "None"),),
    ),
    Mutant(
        "tests/harness/test_probe_lines.py::test_any_text_is_a_line_or_no_observation",
        _CONVERSATION,
        (("    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):\n", "    except EOFError:\n"),),
    ),
)
"""The sandbox: what a release sees, takes, changes, reaches and leaves."""

WHEELS: Final = (
    Mutant(
        f"{_WHEELS_TESTS}::test_a_wheel_changes_nothing_outside_site_packages",
        _UV,
        (("        await asyncio.to_thread(environment.restore, folder, packages, own)\n", ""),),
    ),
    Mutant(
        f"{_WHEELS_TESTS}::test_every_own_file_is_restored",
        _ENVIRONMENT,
        (("        _restore_file(environment / name, file)\n", "        pass\n"),),
    ),
    Mutant(
        f"{_WHEELS_TESTS}::test_an_environment_of_another_kind_of_file_is_refused",
        _ENVIRONMENT,
        (("if not entry.is_file(follow_symlinks=False):", "if False:"),),
    ),
    Mutant(
        f"{_WHEELS_TESTS}::test_nothing_of_an_environment_runs_before_the_limits",
        _INIT,
        (('return [python, "-I"', 'return [arguments[0], "-I"'),),
    ),
    Mutant(
        f"{_WHEELS_TESTS}::test_a_bomb_is_its_releases_own_result",
        _UV,
        (("        await self._inspect_wheels(python, lock)\n", ""),),
    ),
    Mutant(f"{_WHEELS_TESTS}::test_limits_of_a_wheel", _WHEELS, (("if sum(sizes) > TOTAL_SIZE:", "if False:"),)),
    Mutant(
        f"{_WHEELS_TESTS}::test_the_directory_of_a_wheel_is_read_over_http",
        _WHEELS,
        (("bytes={bytes_range}", "bytes=0-99"),),
    ),
    Mutant(
        f"{_WHEELS_TESTS}::test_a_directory_without_an_end_is_refused",
        _WHEELS,
        (("        if self._left < 0:\n", "        if False:\n"),),
    ),
    Mutant(
        f"{_WHEELS_TESTS}::test_a_directory_that_lies_is_of_no_use",
        _UV,
        (("bounded = () if os.name", "bounded = () if True or os.name"),),
    ),
    Mutant(
        f"{_WHEELS_TESTS}::test_an_environment_that_is_too_large_is_refused",
        _ENVIRONMENT,
        (("if reason := judge_sizes(sizes):", 'if reason := "":'),),
    ),
    Mutant(
        f"{_WHEELS_TESTS}::test_a_wheel_that_uv_refuses_is_its_releases_own_result",
        _UV,
        (("                if pattern.search(filled.err):", "                if False:"),),
    ),
    Mutant(
        "tests/harness/test_pipeline.py::test_no_build_script_runs",
        _UV,
        (('        wheels_only = ("--only-binary", ":all:", "-r", "-")', '        wheels_only = ("-r", "-")'),),
    ),
    Mutant(
        "tests/harness/test_pipeline.py::test_a_file_with_another_hash_is_not_installed",
        _UV,
        (
            ('"--no-deps", "--require-hashes")', '"--no-deps")'),
            ("f\"{pin} {' '.join(f'--hash=sha256:{sha256}' for sha256 in lock.hashes[pin])}\\n\"", 'f"{pin}\\n"'),
        ),
    ),
)
"""Wheels: what may be installed, and where."""

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
        "tests/backend/test_server.py::test_only_names_of_this_machine_are_answered",
        _READING,
        (('if not all(is_allowed(host, hosts) for host in header_values(head, b"host")):', "if False:"),),
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
                "        except OSError:\n            self.journal.record_close(connection)\n",
                "        except EOFError:\n            pass\n",
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
        "tests/store/test_root.py::test_every_permutation_of_documents_is_refused",
        _DOCUMENTS,
        (("        if document.path != path.as_posix():\n", "        if document.path is None:\n"),),
    ),
    Mutant(
        "tests/store/test_root.py::test_an_added_document_is_refused",
        "matrix/store/root.py",
        (("    return ALTERED if recorded and recorded == _recorded(folder) else MISSING\n", '    return ""\n'),),
    ),
    Mutant(
        "tests/store/test_store.py::test_the_check_names_the_file_with_one_flipped_bit",
        _DOCUMENTS,
        (("    digest.update(body)\n", ""),),
    ),
    Mutant(
        "tests/store/test_store.py::test_the_check_names_a_damaged_file",
        _STORE,
        (("                problems.append(str(error))\n", "                continue\n"),),
    ),
    Mutant(
        "tests/store/test_migration.py::test_migrated_data_equals_data_of_today",
        "matrix/store/migration.py",
        (("    return seal(path, body)\n", "    return data\n"),),
    ),
    Mutant(
        "tests/service/test_merge.py::test_damaged_costs_stop_no_plan_and_the_next_merge_replaces_them",
        "matrix/cli/plan.py",
        (("    except StoreCorrupt as failure:", "    except EOFError as failure:"),),
    ),
    Mutant(
        "tests/test_contracts.py::test_one_module_prints",
        "matrix/cli/migrate.py",
        (("    say(", "    print("),),
    ),
    Mutant(
        "tests/test_parsers.py::test_any_input_is_read_or_refused_by_name",
        _DOCUMENTS,
        (
            (
                "UNREADABLE: Final = (msgspec.MsgspecError, ValueError, RecursionError)",
                "UNREADABLE: Final = (KeyError,)",
            ),
        ),
    ),
    Mutant(
        "tests/manifests/test_hostile.py::test_any_bytes_are_read",
        "matrix/manifests/source.py",
        (("    except UnicodeDecodeError as error:", "    except EOFError as error:"),),
    ),
    Mutant(
        "tests/cli/test_cli.py::test_reproduce_measures_cells_with_an_extra",
        "matrix/harness/measure.py",
        (("            compared.append(Reproduction(cell, known[cell], again))", "            pass"),),
    ),
    Mutant(
        "tests/store/test_root.py::test_every_swap_of_two_documents_is_refused",
        _DOCUMENTS,
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
        (("            if problem == root.ALTERED:", "            if self.folder is None:"),),
    ),
    Mutant(
        "tests/service/test_costs.py::test_seconds_out_of_bounds_are_refused_where_they_are_read",
        "matrix/service/costs.py",
        (("Annotated[float, Meta(ge=0, le=MAX_SECONDS)]", "float"),),
    ),
    Mutant(
        "tests/cli/test_terminal.py::test_a_command_prints_text_of_releases_as_text",
        "matrix/cli/terminal.py",
        ((" else visible(piece)  #", " else piece  #"),),
    ),
    Mutant(
        "tests/cli/test_cli.py::test_an_interrupted_run_keeps_finished_releases",
        "matrix/system/aio.py",
        (
            (
                "add_signal_handler(signal.SIGTERM, task.cancel if task else _nothing)",
                "add_signal_handler(signal.SIGTERM, _nothing)",
            ),
        ),
    ),
)
"""The data: what is on the disk after whatever happens."""

PROJECT: Final = (
    Mutant(
        "tests/manifests/test_environment.py::test_nothing_of_an_environment_is_run",
        "matrix/manifests/environment.py",
        (("_query(program, draft) if run else _read_files(python, program, draft)", "_query(program, draft)"),),
    ),
    Mutant(
        "tests/findings/test_action.py::test_dependencies_are_installed_from_hashes",
        ".github/action/run.py",
        (('"--require-hashes", ', ""),),
    ),
    Mutant(
        "tests/scan/test_work.py::test_judging_a_file_has_a_bound",
        "matrix/scan/work.py",
        (("        if self.steps > MOST_WORK:", "        if False:"),),
    ),
    Mutant(
        "tests/manifests/test_requirements.py::test_a_file_of_too_many_lines_is_not_read",
        "matrix/manifests/requirements.py",
        (("        if self._included.lines > MOST_LINES:", "        if False:"),),
    ),
)
"""What is read of somebody's project, and never run."""

PREVIEW: Final = (
    Mutant(f"{_PREVIEW_TESTS}::test_it_listens_on_loopback_alone", _PREVIEW, (('("127.0.0.1", port)', '("", port)'),)),
    Mutant(
        f"{_PREVIEW_TESTS}::test_only_names_of_this_machine_are_served",
        _PREVIEW,
        (('if all(is_allowed(host, self._hosts) for host in self.headers.get_all("Host", [])):', "if True:"),),
    ),
    Mutant(
        f"{_PREVIEW_TESTS}::test_no_file_outside_the_folder_is_served",
        _PREVIEW,
        (
            (
                "        return super().send_head()\n",
                (
                    "        raw = Path(self.directory + path)\n        if raw.is_file():\n"
                    "            return self._send(raw.read_bytes(), path)\n        return super().send_head()\n"
                ),
            ),
        ),
    ),
    Mutant(
        f"{_PREVIEW_TESTS}::test_an_idle_connection_has_a_deadline",
        _PREVIEW,
        (("                request.shutdown(socket.SHUT_RDWR)", "                pass"),),
    ),
    Mutant(
        f"{_PREVIEW_TESTS}::test_connections_have_a_limit",
        _PREVIEW,
        (("        if len(self._deadlines) >= MOST_CONNECTIONS:", "        if False:"),),
    ),
)
"""The preview of the site."""

_OTHER_DIGEST = (("    if digest not in signed:", "    if not signed:"),)
_NOT_VERIFIED = (
    (
        "        payload_type, payload = verifier.verify_dsse(bundle, _Signer(repository, file))\n",
        (
            "        _Signer(repository, file).verify(bundle.signing_certificate)\n"
            "        inner = bundle._dsse_envelope._inner\n"
            "        payload_type, payload = inner.payload_type, inner.payload\n"
        ),
    ),
)

SIGNATURE: Final = (
    Mutant(
        f"{_SIGNED}::test_data_without_a_signature_says_so",
        _SIGNATURE,
        (
            (
                "    except FileNotFoundError as error:\n",
                "    except FileNotFoundError as error:\n        return dt.datetime.now()\n",
            ),
        ),
    ),
    Mutant(f"{_SIGNED}::test_data_that_was_changed_with_all_its_digests_is_refused", _SIGNATURE, _OTHER_DIGEST),
    Mutant(f"{_SIGNED}::test_another_root_digest_is_refused", _SIGNATURE, _OTHER_DIGEST),
    Mutant(
        f"{_SIGNED}::test_another_signer_is_refused_and_named",
        _SIGNATURE,
        (("            self._policy.verify(cert)\n", "            pass\n"),),
    ),
    Mutant(
        f"{_SIGNED}::test_another_payload_is_refused",
        _SIGNATURE,
        (("(statement.type, statement.kind) != (STATEMENT, PROVENANCE)", "statement.type != STATEMENT"),),
    ),
    *(
        Mutant(f"{_SIGNED}::{test}", _SIGNATURE, _NOT_VERIFIED)
        for test in (
            "test_a_signature_outside_the_life_of_its_certificate_is_refused",
            "test_parts_of_another_valid_bundle_are_refused",
            "test_another_log_is_refused",
            "test_another_trust_root_is_refused",
        )
    ),
)
"""Who published the data."""

_OF_NPM = "tests/harness/test_npm_environments.py"

NPM: Final = (
    Mutant(
        f"{_OF_NPM}::test_no_script_of_a_release_runs",
        "matrix/system/npm.py",
        (('("--ignore-scripts", ', "("),),
    ),
    Mutant(
        f"{_OF_NPM}::test_an_archive_with_another_hash_is_not_installed",
        "matrix/harness/npm.py",
        (('{**named, "integrity": lock.hashes[pin][0]}', "named"),),
    ),
)
"""Packages of npm are installed by their hashes, and none of them runs a script."""

MUTANTS: Final = (*SANDBOX, *WHEELS, *NPM, *ISOLATION, *PROJECT, *BACKEND, *PREVIEW, *DATA, *SIGNATURE)
