"""A pytest plugin with the fixture `midstream`: it lets a test run its own code against failing streams of the API.

    def test_an_overloaded_stream_is_retried(midstream):
        midstream.redirect()
        midstream.fail("mid-overloaded_error", times=1)
        with midstream.observe() as call:
            call.answer = my_client.ask("Hi")
        midstream.assert_resilient()

The mark `@pytest.mark.midstream("headline")` plays a test once for each failure of a profile, and
`pytest --midstream-report` prints the verdicts of all tests and writes them to files.

pytest imports this module in every session of every project in whose environment it is installed, so it imports only
modules that pytest has imported already. It imports the backend, and with it the package `matrix`, when a test uses the
fixture or the mark: so a project with its own `matrix.py` can run its tests.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from midstream.testing import Midstream, Observed, Request, RunningBackend, listening, load_scenarios

if TYPE_CHECKING:
    from matrix.targets.target import Target

__all__ = ["Midstream", "Observed", "Request"]

_FILES = "midstream_scenarios"
"""The name of the setting of pytest that lists scenario files."""

_TARGET = "midstream_target"
"""The name of the setting that chooses the API."""

_DEADLINE = "midstream_deadline"
"""The name of the setting with the seconds that a silent connection is held open."""

_SECONDS = "8"
"""The default of `_DEADLINE`, that of `matrix audit --deadline`."""

_REPORT = "midstream-report"
"""The name of the files of a report, without suffix, and of the option that asks for them."""

_MARK = "midstream"

_subjects = pytest.StashKey[str]()
"""The verdicts of a test in JSON, between the end of its fixture and its report."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the settings of a project, and the option for a report."""
    parser.addini(_FILES, "Files with scenarios for the fixture `midstream`", type="paths", default=[])
    parser.addini(_TARGET, "The target whose API the fixture `midstream` plays; `matrix list targets`", default="")
    parser.addini(_DEADLINE, "Seconds that `midstream` holds a silent connection open", default=_SECONDS)
    parser.getgroup("midstream").addoption(
        f"--{_REPORT}",
        nargs="?",
        const=_REPORT,
        metavar="PATH",
        help="print the verdicts of all tests with the fixture `midstream`, and write PATH.json and PATH.xml (JUnit); "
        f"write it with `=`; default: {_REPORT}",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark, and begin a report."""
    config.addinivalue_line(
        "markers",
        f'{_MARK}(*failures, dialect=""): play the test once for each failure of a profile ("headline", "full"), or '
        "for each of these scenarios",
    )
    path = config.getoption(_REPORT.replace("-", "_"))
    if path and Path(path).exists():
        raise pytest.UsageError(f"--{_REPORT} took {path!r} for the name of the report. Write --{_REPORT}=PATH.")
    if path and not hasattr(config, "workerinput"):  # a worker of pytest-xdist sends what it has to this process
        config.pluginmanager.register(_ReportWriter(path), _REPORT)


def _target(config: pytest.Config) -> "Target":
    """Return the target of a project.

    Raises:
        pytest.fail.Exception: It does not exist, or `import matrix` finds another project's module.
    """
    from midstream.imports import describe_shadow

    if shadow := describe_shadow("The fixture `midstream`"):
        pytest.fail(shadow, pytrace=False)
    from matrix.targets import DEFAULT, TARGETS

    id_ = _setting(config, _TARGET, "")
    if id_ and id_ not in TARGETS:
        pytest.fail(f"{_TARGET}: there is no target {id_!r}. There are: {', '.join(TARGETS)}.", pytrace=False)
    return TARGETS[id_] if id_ else DEFAULT


def _setting(config: pytest.Config, name: str, default: Any) -> Any:
    try:
        return config.getini(name)
    except ValueError:  # a project imports the fixture, and pytest did not load the plugin, which adds the setting
        return default


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Play a marked test once for each failure."""
    mark = metafunc.definition.get_closest_marker(_MARK)
    if mark is None:
        return
    where = metafunc.definition.nodeid
    if "midstream" not in metafunc.fixturenames:
        pytest.fail(f"{where} has the mark `midstream`; it must take the fixture `midstream` too.", pytrace=False)
    ids = _select(metafunc.config, mark, where)
    metafunc.parametrize("midstream", ids, ids=ids, indirect=True)


def _select(config: pytest.Config, mark: pytest.Mark, where: str) -> list[str]:
    """Return the ids of the failures that a mark names."""
    target = _target(config)
    from matrix.audit.profile import CONTROL, PROFILES, select_failures
    from matrix.errors import did_you_mean

    dialect = mark.kwargs.get("dialect") or target.endpoints[0].dialect
    named = list(mark.args) or [PROFILES[0]]
    try:
        own = load_scenarios(_setting(config, _FILES, []), target)
    except ValueError as error:
        pytest.fail(f"{_FILES}: {error}", pytrace=False)
    known = [id_ for id_ in (*target.suite.playable, *own) if id_ != CONTROL]
    ids: list[str] = []
    for name in named:
        if name in PROFILES:
            ids += [scenario.id for scenario in select_failures(target.suite, [dialect], name)]
        elif name in known:
            ids.append(name)
        else:
            hint = did_you_mean(str(name), [*PROFILES, *known])
            pytest.fail(f"{where}: there is no profile and no scenario {name!r}. {hint}".strip(), pytrace=False)
    if not ids:
        pytest.fail(f"{where}: {target.api} has no scenario in the dialect {dialect!r}.", pytrace=False)
    return list(dict.fromkeys(ids))


@pytest.fixture(scope="session")
def _midstream_backend(request: pytest.FixtureRequest) -> Iterator[RunningBackend]:
    """Start a backend that listens until the session ends."""
    target = _target(request.config)
    try:
        scenarios = load_scenarios(_setting(request.config, _FILES, []), target)
    except ValueError as error:
        pytest.fail(f"{_FILES}: {error}", pytrace=False)
    seconds = _setting(request.config, _DEADLINE, _SECONDS)
    try:
        deadline = float(seconds)
    except ValueError:
        deadline = 0.0
    if not 0 < deadline < float("inf"):
        pytest.fail(f"{_DEADLINE}: {seconds!r} is no number of seconds above 0.", pytrace=False)
    with listening(target, scenarios, deadline) as backend:
        yield backend


@pytest.fixture
def midstream(request: pytest.FixtureRequest, _midstream_backend: RunningBackend) -> Iterator[Midstream]:
    """Failing streams for the code under test: base URLs, a redirected environment, its requests, and verdicts."""
    with pytest.MonkeyPatch.context() as patch:

        def set_environment(variables: Mapping[str, str], removed: Iterable[str]) -> None:
            for name in [name for name in os.environ if name.upper() in removed]:
                patch.delenv(name)
            for name, value in variables.items():
                patch.setenv(name, value)

        with _midstream_backend.test(set_environment) as test:
            if failure := getattr(request, "param", ""):
                test.redirect()
                test.fail(failure)
            yield test
            if request.config.getoption(_REPORT.replace("-", "_"), None):
                request.node.stash[_subjects] = _judge(test, request.node)


def _judge(test: Midstream, item: Any) -> str:
    """Judge the failures of a test; the subjects as JSON, which a worker can send."""
    import msgspec

    path, line, name = item.location
    subjects = test.subjects(Path(path).as_posix(), (line or 0) + 1)
    named = [msgspec.structs.replace(subject, text=f"{name}: {subject.text}") for subject in subjects]
    return msgspec.json.encode(named).decode()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: "pytest.CallInfo[None]") -> Iterator[None]:
    """Attach the verdicts of a test to the report of its end, which pytest-xdist sends from its workers."""
    outcome: Any = yield
    if call.when == "teardown" and _subjects in item.stash:
        outcome.get_result().midstream_subjects = item.stash[_subjects]


class _ReportWriter:
    """A plugin that gathers the verdicts of all tests, in the process that the user started.

    Args:
        path: The path of the files without suffix.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._subjects: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the verdicts of a test that has ended."""
        if subjects := getattr(report, "midstream_subjects", ""):
            self._subjects.append(subjects)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the report, and write its files."""
        if not self._subjects:
            terminalreporter.section("midstream")
            terminalreporter.line("No test used the fixture `midstream`, so no report was written.")
            return
        import msgspec

        from matrix import __version__
        from matrix.audit.report import report_subjects
        from matrix.findings.formats import render, text
        from matrix.findings.model import Subject

        subjects = [subject for line in self._subjects for subject in msgspec.json.decode(line, type=list[Subject])]
        report = report_subjects(sorted(subjects, key=lambda subject: subject.place), __version__)
        terminalreporter.section("midstream")
        terminalreporter.write(text.render(report, 100))
        for form, suffix in (("json", ".json"), ("junit", ".xml")):
            file = Path(self._path + suffix)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(render(form, report), encoding="utf-8")
            terminalreporter.line(f"Wrote {file}.")
