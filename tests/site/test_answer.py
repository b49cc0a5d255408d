"""The first page of each target, on the committed data."""

import re

import msgspec
import pytest

from matrix.site.answer import Answer
from matrix.site.epoch_views import view_epochs
from matrix.site.home_page import home_page
from matrix.site.render import read_source, site
from matrix.store.store import Store
from matrix.targets import TARGETS
from tests.support.paths import DATA


def answer_of(target: str) -> Answer:
    """Compute the answer of a target."""
    return home_page(view_epochs(read_source(Store(DATA.parent / target, TARGETS[target])))).answer


@pytest.mark.parametrize(
    ("target", "count", "since"),
    [
        ("anthropic-typescript", "0 of 219 releases raise the documented code for an error inside a stream", "0.81.0"),
        # It maps errors in a stream to statuses of its own, so both rules are one.
        ("pydantic-ai", "8 of 81 releases raise the documented code for each error inside a stream", "2.60.0"),
        # It says 500 for every error, and one of them has that code.
        ("litellm", "0 of 162 releases raise the documented code for each error inside a stream", None),
        ("langchain-anthropic", "0 of 62 releases raise the documented code for an error inside a stream", "1.4.1"),
    ],
)
def test_the_first_page_counts_what_the_maintainers_intend(target: str, count: str, since: str | None) -> None:
    """A release that gives one error the right code by chance does not count as right."""
    answer = answer_of(target)
    assert (count, since) == (answer.count, answer.typed_since)


def test_a_package_that_raises_nothing_has_no_count_of_codes() -> None:
    """Cohere's SDK reports an error in a stream by an event, so there is no exception whose code could be right."""
    answer = answer_of("cohere")
    assert "No measured release raises an exception for an error inside a stream" == answer.count
    assert (0, 3, 3) == (answer.seen, answer.eof_seen, answer.silent)


def test_an_undefined_status_is_no_status() -> None:
    """Check the TypeScript SDK, whose errors in a stream have the attribute without a value."""
    assert 219 == len(answer_of("anthropic-typescript").no_code)


def test_the_first_page_speaks_of_one_measured_release_as_one() -> None:
    """A new target begins with its newest release, so nothing is known since when it behaves like that."""
    source = read_source(Store(DATA.parent / "groq", TARGETS["groq"]))
    results = {cell: result for cell, result in source.results.items() if cell.version == "1.7.0"}
    pages = dict(site(msgspec.structs.replace(source, results=results))[1])
    text = " ".join(re.sub(r"<[^>]+>", "", pages["index.html"].decode()).split())
    assert "The exceptions of 1 (1.7.0) have no code at all." in text
    assert "The newest release: error.body names the error." in text
    assert "1.7.0 names the error in error.body. There is no code, as the maintainers intend." in text
