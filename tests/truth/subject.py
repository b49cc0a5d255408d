"""The targets whose programs are run, and what is played to them. Pure, apart from reading the data's index.

A target is a subject once it has programs: `programs/<id>/`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from matrix.catalogue.dialect import Dialect
from matrix.model import Lane
from matrix.store.store import Store
from matrix.targets import (
    ANTHROPIC,
    COHERE,
    GOOGLE_GENAI,
    GROQ,
    INSTRUCTOR,
    LANGCHAIN_ANTHROPIC,
    LITELLM,
    MISTRALAI,
    OLLAMA,
    OPENAI,
    TARGETS,
    TOGETHER,
)
from matrix.targets.endpoint import Endpoint
from matrix.targets.target import Target
from tests.support.paths import DATA
from tests.truth.port import Port, read_sources
from tests.truth.ports import (
    ANSWER,
    GEMINI_STREAM,
    MAIN_ONLY_OF_CHAT,
    MAIN_ONLY_OF_FRAMEWORKS,
    MODEL,
    OF_FRAMEWORKS,
    OLLAMA_CHAT,
    PARTIAL,
    PORT_TO_LITELLM,
    PROGRAMS,
    port_chat,
    port_ollama,
)

SETUPS: Final = Path(__file__).parent / "setups"


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
        port: The programs of another target that are played too.
        variables: The beginning of the names of the environment variables by which clients find key and server.
        module: The module of the classes of clients; empty for that of the target.
        options: The arguments by which clients find the server, if not by a variable: `$url` is its address.
        lanes: The lanes in which its releases may run, the first one that can call: with today's dependencies, or with
            those of their day.
        setup: The file that imports the target in a cell and tells it where the server is, if that needs more.
    """

    target: Target
    releases: tuple[str, ...]
    scenarios: tuple[str, ...]
    main_only: frozenset[str] = frozenset()
    plain: tuple[Endpoint, ...] = ()
    written_for: str = ""
    port: Port | None = None
    variables: str
    module: str = ""
    options: Mapping[str, object] = {}
    lanes: tuple[Lane, ...] = (Lane.TODAY, Lane.AS_RELEASED)
    setup: Path | None = None

    @property
    def id(self) -> str:
        """The name of the target in options."""
        return self.target.id

    @property
    def programs(self) -> Path:
        """The folder of its programs."""
        return PROGRAMS / self.id

    @property
    def sources(self) -> dict[str, str]:
        """The text of each file of its programs, by its path in the folder of programs."""
        return (self.port.sources if self.port is not None else {}) | read_sources(self.programs)

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
                *("eof-mid", "eof-after-delta", "reset", "html-200", "json-error-200", "clean"),
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
        Subject(
            target=GROQ,
            releases=("0.15.0", "0.31.0"),
            scenarios=(
                *("http-tool_use_failed", "http-invalid_api_key", "http-rate_limit_exceeded"),
                *("http-capacity_exceeded", "http-internal_server_error", "http-over_capacity"),
                *("mid-tool_use_failed", "mid-rate_limit_exceeded", "mid-internal_server_error", "mid-over_capacity"),
                *("first-over_capacity", "text-error", "x-groq-error"),
                *("eof-mid", "done-without-finish", "eof-before-anything", "reset", "bad-json", "clean"),
            ),
            main_only=MAIN_ONLY_OF_CHAT | {"text-error", "x-groq-error"},
            plain=(Endpoint("/openai/v1/embeddings", Dialect.CHAT),),
            port=port_chat("groq", "Groq", "over capacity"),
            variables="GROQ",
        ),
        Subject(
            target=TOGETHER,
            releases=("2.0.0", "2.20.0"),
            scenarios=(
                *("http-invalid_request_error", "http-invalid_api_key", "http-dynamic_request_limited"),
                *("http-server_error", "http-server_is_overloaded"),
                *("mid-invalid_request_error", "mid-dynamic_request_limited", "mid-server_error"),
                *("mid-server_is_overloaded", "first-server_is_overloaded", "finish-error"),
                *("eof-mid", "done-without-finish", "eof-before-anything", "reset", "bad-json", "clean"),
            ),
            main_only=MAIN_ONLY_OF_CHAT | {"finish-error"},
            plain=(Endpoint("/v1/embeddings", Dialect.CHAT), Endpoint("/embeddings", Dialect.CHAT)),
            port=port_chat("together", "Together"),
            variables="TOGETHER",
        ),
        Subject(
            target=OLLAMA,
            releases=("0.3.3", "0.4.9"),
            scenarios=(
                *("http-bad-request", "http-not-found", "http-rate-limited", "http-runner-failed", "http-overloaded"),
                *("mid-rate-limited", "mid-runner-failed", "mid-overloaded", "first-overloaded"),
                *("eof-mid", "eof-before-anything", "reset", "no-last-chunk", "bad-json", "clean"),
            ),
            main_only=frozenset({"no-last-chunk"}),
            plain=tuple(Endpoint(f"/api/{each}", Dialect.OLLAMA_CHAT) for each in ("embed", "pull", "show", "tags")),
            variables="OLLAMA",
            options={"host": "$url"},
        ),
        Subject(
            target=COHERE,
            releases=("5.13.3", "5.21.1"),
            scenarios=(
                *("http-bad_request", "http-unauthorized", "http-too_many_requests"),
                *("http-internal_server_error", "http-service_unavailable"),
                *("mid-internal_server_error", "mid-gateway_timeout", "first-internal_server_error"),
                *("error-without-message", "done-without-end", "eof-mid", "eof-before-anything"),
                *("reset", "no-last-chunk", "clean"),
            ),
            plain=tuple(Endpoint(f"/v2/{each}", Dialect.COHERE) for each in ("embed", "rerank")),
            port=port_ollama(
                {
                    f"await aclient.{OLLAMA_CHAT}": 'aclient.chat_stream(model="m", messages=Q)',
                    f"client.{OLLAMA_CHAT}": 'client.chat_stream(model="m", messages=Q)',
                    "from ollama import ResponseError": "from cohere.core.api_error import ApiError",
                    "ResponseError": "ApiError",
                    "ollama.Client": "cohere.ClientV2",
                    "ollama.AsyncClient": "cohere.AsyncClientV2",
                    "ollama": "cohere",
                    '"overloaded"': '"unavailable"',
                    '"rate limit"': '"per minute"',
                }
            ),
            variables="CO",
            options={"base_url": "$url"},
        ),
        Subject(
            target=MISTRALAI,
            releases=("2.4.5", "2.10.1"),
            scenarios=(
                *("http-validation_error", "http-authentication_error", "http-rate_limited"),
                *("http-internal_server_error", "http-service_tier_capacity_exceeded"),
                *("mid-invalid_request_error", "mid-rate_limited", "mid-internal_server_error"),
                *("mid-service_tier_capacity_exceeded", "first-rate_limited", "finish-error", "conversation-error"),
                *("done-without-finish", "eof-mid", "eof-before-anything", "reset", "bad-json", "clean"),
            ),
            main_only=frozenset({"bad-json", "done-without-finish", "finish-error"}),
            plain=tuple(Endpoint(path, Dialect.CHAT) for path in ("/v1/embeddings", "/v1/models")),
            port=port_ollama(
                {
                    f"await aclient.{OLLAMA_CHAT}": 'await aclient.chat.stream_async(model="m", messages=Q)',
                    f"client.{OLLAMA_CHAT}": 'client.chat.stream(model="m", messages=Q)',
                    "from ollama import ResponseError": "from mistralai.client.errors import MistralError",
                    "ResponseError": "MistralError",
                    "import ollama": "from mistralai.client import Mistral",
                    "ollama.Client": "Mistral",
                    "ollama.AsyncClient": "Mistral",
                    '"overloaded"': '"capacity"',
                }
            ),
            variables="MISTRAL",
            module="mistralai.client",
            options={"server_url": "$url"},
        ),
        Subject(
            target=GOOGLE_GENAI,
            releases=("1.20.0", "2.20.0"),
            scenarios=(
                *("http-invalid-argument", "http-permission-denied", "http-resource-exhausted"),
                *("http-internal", "http-unavailable"),
                *("mid-invalid-argument", "mid-resource-exhausted", "mid-internal", "mid-unavailable"),
                *("first-unavailable", "line-by-line", "eof-mid", "eof-before-anything", "reset", "bad-json", "clean"),
            ),
            plain=tuple(
                Endpoint(f"/*/models/*:{each}", Dialect.GEMINI)
                for each in ("batchEmbedContents", "countTokens", "generateContent")
            ),
            port=port_ollama(
                {
                    f"await aclient.{OLLAMA_CHAT}": f"await aclient.aio.{GEMINI_STREAM}",
                    f"client.{OLLAMA_CHAT}": f"client.{GEMINI_STREAM}",
                    '[{"role": "user", "content": "Hi"}]': '"Hi"',
                    "from ollama import ResponseError": "from google.genai.errors import APIError",
                    "ResponseError": "APIError",
                    "import ollama": "from google import genai",
                    "ollama.Client": "genai.Client",
                    "ollama.AsyncClient": "genai.Client",
                    "status_code": "code",
                    '"rate limit"': '"exhausted"',
                }
            ),
            variables="GEMINI",
            options={"http_options": {"base_url": "$url"}},
        ),
        Subject(
            target=LITELLM,
            releases=("1.80.10",),
            scenarios=OF_FRAMEWORKS,
            main_only=MAIN_ONLY_OF_FRAMEWORKS,
            port=PORT_TO_LITELLM,
            variables="ANTHROPIC",
            setup=SETUPS / "litellm.py",
        ),
        Subject(
            target=TARGETS["pydantic-ai"],
            releases=("0.8.1", "1.75.0", "2.28.0", "2.52.0"),
            scenarios=OF_FRAMEWORKS,
            main_only=MAIN_ONLY_OF_FRAMEWORKS,
            variables="ANTHROPIC",
            setup=SETUPS / "pydantic_ai.py",
        ),
        Subject(
            target=TARGETS["agno"],
            releases=("1.1.8", "1.8.4", "2.0.5", "2.3.14"),
            scenarios=OF_FRAMEWORKS,
            main_only=MAIN_ONLY_OF_FRAMEWORKS,
            variables="ANTHROPIC",
            # Some releases give the SDK of today a client of an HTTP library that it does not take.
            lanes=(Lane.AS_RELEASED,),
            setup=SETUPS / "agno.py",
        ),
        Subject(
            target=LANGCHAIN_ANTHROPIC,
            releases=("0.3.11", "0.3.19", "1.0.3"),
            scenarios=OF_FRAMEWORKS,
            main_only=MAIN_ONLY_OF_FRAMEWORKS,
            port=port_ollama(
                {
                    f"await aclient.{OLLAMA_CHAT}": "aclient.astream(Q)",
                    f"client.{OLLAMA_CHAT}": "client.stream(Q)",
                    "ollama import ResponseError": "anthropic import APIStatusError",
                    "ResponseError": "APIStatusError",
                    "import ollama\n": "import langchain_anthropic\n",
                    "ollama.Client()": f"langchain_anthropic.ChatAnthropic(model={MODEL})",
                    "ollama.AsyncClient()": f"langchain_anthropic.ChatAnthropic(model={MODEL})",
                    "ollama.Client": "langchain_anthropic.ChatAnthropic",
                    '"rate limit"': '"rate limited"',
                }
            ),
            variables="ANTHROPIC",
            setup=SETUPS / "langchain_anthropic.py",
        ),
        Subject(
            target=INSTRUCTOR,
            releases=("1.7.9", "1.14.5"),
            scenarios=OF_FRAMEWORKS,
            main_only=MAIN_ONLY_OF_FRAMEWORKS,
            port=port_ollama(
                {
                    f"await aclient.{OLLAMA_CHAT}": f"aclient.create_partial({PARTIAL})",
                    f"client.{OLLAMA_CHAT}": f"client.create_partial({PARTIAL})",
                    "ollama import ResponseError": "instructor.exceptions import InstructorRetryException",
                    "ResponseError": "InstructorRetryException",
                    "import ollama\n": f"import instructor\nfrom anthropic import Anthropic, AsyncAnthropic\n{ANSWER}",
                    "ollama.Client()": "instructor.from_anthropic(Anthropic())",
                    "ollama.AsyncClient()": "instructor.from_anthropic(AsyncAnthropic())",
                    "status_code": "n_attempts",
                    '"rate limit"': '"rate limited"',
                },
                # What Instructor raises has no status, so that a clause which looks for one takes nothing.
                lacking=("client: ollama.Client", "ask_predicate()", "ask_matched()", "ask_status_of_any()"),
            ),
            variables="ANTHROPIC",
            setup=SETUPS / "instructor.py",
        ),
    )
}
"""Each target that has programs, by id."""
