"""The targets whose programs are run, and what is played to them. Pure, apart from reading the data's index.

A target is a subject once it has programs: `programs/<id>/`.
"""

from pathlib import Path
from typing import Final

import msgspec

from matrix.catalogue.dialect import Dialect
from matrix.store.store import Store
from matrix.targets import ANTHROPIC, OPENAI
from matrix.targets.endpoint import Endpoint
from matrix.targets.target import Target
from tests.support.paths import DATA

_PROGRAMS: Final = Path(__file__).parent / "programs"


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A target whose programs are run.

    Attributes:
        target: The target.
        releases: The releases of a campaign, apart from the newest: each treats errors inside a stream in another way.
        scenarios: The scenarios in which programs run, by id: plain HTTP errors, errors and ends inside a stream, and
            no failure. A program runs in those that exist in the dialect that it calls.
        main_only: Those that are played on the main surfaces only: the scan knows nothing of them on others.
        plain: The paths of calls that have no stream, which fail as plain HTTP does, each with a dialect of the target.
        written_for: The releases for which its programs are written, as a specifier, unless one names others.
        variables: The beginning of the names of the environment variables by which clients find key and server.
    """

    target: Target
    releases: tuple[str, ...]
    scenarios: tuple[str, ...]
    main_only: frozenset[str] = frozenset()
    plain: tuple[Endpoint, ...] = ()
    written_for: str = ""
    variables: str

    @property
    def id(self) -> str:
        """The name of the target in options."""
        return self.target.id

    @property
    def programs(self) -> Path:
        """The folder of its programs."""
        return _PROGRAMS / self.id

    @property
    def store(self) -> Store:
        """The data of the target."""
        return Store(DATA.parent / self.id, self.target)

    @property
    def served(self) -> Target:
        """The target with the paths of the calls that have no stream."""
        return msgspec.structs.replace(self.target, endpoints=(*self.target.endpoints, *self.plain))

    @property
    def client_names(self) -> list[str]:
        """The names of the client classes that programs of every release have, which must not retry by themselves."""
        name = self.target.clients[0].class_name
        return [name, f"Async{name}"]


SUBJECTS: Final = {
    each.id: each
    for each in (
        Subject(
            target=ANTHROPIC,
            releases=("0.28.1", "0.45.2", "0.87.0", "1.0.0"),
            scenarios=(
                *("http-invalid_request_error", "http-authentication_error", "http-rate_limit_error"),
                *("http-api_error", "http-overloaded_error"),
                *("mid-invalid_request_error", "mid-rate_limit_error", "mid-api_error", "mid-overloaded_error"),
                *("eof-mid", "reset", "html-200", "json-error-200", "clean"),
            ),
            main_only=frozenset({"html-200", "json-error-200"}),
            plain=(
                Endpoint("/v1/messages/count_tokens", Dialect.MESSAGES),
                Endpoint("/v1/messages/batches", Dialect.MESSAGES),
                Endpoint("/v1/files/file_1", Dialect.MESSAGES),
                Endpoint("/v1/models", Dialect.MESSAGES),
                Endpoint("/v1/models/*", Dialect.MESSAGES),
            ),
            variables="ANTHROPIC",
        ),
        Subject(
            target=OPENAI,
            releases=("0.28.1", "1.21.2", "1.66.0", "1.99.1", "2.2.0"),
            scenarios=(
                *("http-invalid_request_error", "http-invalid_api_key", "http-insufficient_quota"),
                *("http-rate_limit_exceeded", "http-server_error", "http-server_is_overloaded"),
                *("mid-invalid_request_error", "mid-insufficient_quota", "mid-rate_limit_exceeded"),
                *("mid-server_error", "mid-server_is_overloaded", "first-server_error"),
                *("response-mid-server_error", "response-mid-rate_limit_exceeded"),
                *("response-flat-server_error", "response-failed-server_error", "response-incomplete"),
                *("eof-mid", "reset", "json-error-200", "bad-json", "clean"),
            ),
            main_only=frozenset({"json-error-200", "bad-json"}),
            plain=(
                Endpoint("/embeddings", Dialect.CHAT),
                Endpoint("/moderations", Dialect.CHAT),
                Endpoint("/models", Dialect.CHAT),
                Endpoint("/models/*", Dialect.CHAT),
            ),
            written_for=">=1",
            variables="OPENAI",
        ),
    )
}
"""Each target that has programs, by id."""
