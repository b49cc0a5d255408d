"""Every parser returns a value or raises a named failure, whatever a file or a server contains."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from matrix.errors import MatrixError
from tests.support.mutating import inputs
from tests.support.parsers import PARSERS, Parser
from tests.support.paths import CORPUS

RELAXED = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=40)
"""Examples have no deadline: the machine may be busy with a sweep."""


each_parser = pytest.mark.parametrize("name", PARSERS)


def read(parser: Parser, data: bytes) -> str:
    """Parse data; return the message of the failure, or nothing."""
    try:
        parser.read(data)
    except MatrixError as failure:
        return str(failure)
    return ""


@each_parser
def test_every_parser_reads_its_valid_seeds(name: str) -> None:
    """The tests of invalid input would otherwise show nothing."""
    for seed in PARSERS[name].seeds:
        assert PARSERS[name].read(seed)


@each_parser
def test_any_input_is_read_or_refused_by_name(name: str) -> None:
    """The input is arbitrary bytes, damaged seeds, and forged documents."""

    @RELAXED
    @given(inputs(PARSERS[name]))
    def anything(data: bytes) -> None:
        assert len(read(PARSERS[name], data)) < 2000

    anything()


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(CORPUS.glob("*/*")) if path.parent.name in PARSERS],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_every_file_of_the_corpus_is_read_or_refused_by_name(path: Path) -> None:
    """`tests/corpus/README.md` describes the corpus, whose files once broke a parser."""
    assert len(read(PARSERS[path.parent.name], path.read_bytes())) < 2000
