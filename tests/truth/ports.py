"""The ports by which programs of one target are played to others, and the scenarios that frameworks share. Pure."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from matrix.targets import OLLAMA, OPENAI
from tests.truth.port import Port

PROGRAMS: Final = Path(__file__).parent / "programs"

MAIN_ONLY_OF_CHAT: Final = frozenset({"bad-json", "done-without-finish", "eof-before-anything"})
"""The scenarios that an SDK with chat completions alone plays on its main surfaces only, by id."""


NOT_CHAT: Final = frozenset(
    f"{program}.py"
    for program in (
        *("before_1", "new_names_only", "old_names_only", "of_module", "responses", "helpers_of_streams"),
        "transport_unwrapped",
    )
)
"""The programs of the OpenAI SDK that do not call chat completions on a client, or on old releases."""


def port_chat(module: str, name: str, overloaded: str = "overloaded") -> Port:
    """Port the programs of the OpenAI SDK that call chat completions to an SDK of the same form.

    Args:
        module: The module of that SDK.
        name: The name in its classes.
        overloaded: What an overloaded server says in its API.
    """
    return Port(
        folder=PROGRAMS / OPENAI.id,
        names={"openai": module, "OpenAI": name, '"overloaded"': f'"{overloaded}"'},
        without=NOT_CHAT,
    )


OLLAMA_CHAT: Final = 'chat(model="m", messages=Q, stream=True)'
"""The call that reads a stream in the programs of the Ollama SDK that are ported."""


GEMINI_STREAM: Final = 'models.generate_content_stream(model="m", contents=Q)'


def port_ollama(names: Mapping[str, str], lacking: tuple[str, ...] = ()) -> Port:
    """Port the programs of the Ollama SDK that catch its only class of errors, and look at no event of a stream."""
    without = frozenset(f"{program}.py" for program in ("attributes", "ends", "surfaces"))
    return Port(folder=PROGRAMS / OLLAMA.id, names=names, without=without, lacking=lacking)


OF_FRAMEWORKS: Final = (
    *("http-invalid_request_error", "http-rate_limit_error", "http-overloaded_error"),
    *("mid-invalid_request_error", "mid-rate_limit_error", "mid-overloaded_error", "first-overloaded_error"),
    *("bad-json", "eof-mid", "eof-before-anything", "reset", "clean"),
)
"""The scenarios in which programs of a framework run, by id: of each kind that it plays, except those that wait."""

MAIN_ONLY_OF_FRAMEWORKS: Final = frozenset({"http-invalid_request_error", "mid-invalid_request_error", "bad-json"})
"""Those that a framework plays on its main call only."""

MODEL: Final = '"claude-3-haiku-20240307"'

PARTIAL: Final = f"model={MODEL}, max_tokens=9, messages=Q, response_model=Answer"

ANSWER: Final = "from pydantic import BaseModel\n\nclass Answer(BaseModel):\n    text: str\n\n"

ANY_MODEL: Final = f'"anthropic/{MODEL[1:]}'

OWN_CLASSES_OF_LITELLM: Final = ("RateLimitError", "InternalServerError", "APIConnectionError", "BadRequestError")

PORT_TO_LITELLM: Final = Port(
    folder=PROGRAMS / OPENAI.id,
    names={
        "\nclient = openai.AsyncOpenAI()": "",
        "\naclient = openai.AsyncOpenAI()": "",
        "\nclient = openai.OpenAI()": "",
        "\ncompletions = client.chat.completions": "",
        "aclient.chat.completions.create": "litellm.acompletion",
        "await client.chat.completions.create": "await litellm.acompletion",
        "client.chat.completions.create": "litellm.completion",
        "import openai": "import litellm\nimport openai",
        **{f"openai.{name}": f"litellm.{name}" for name in OWN_CLASSES_OF_LITELLM},
        '"m"': ANY_MODEL,
        '"n"': ANY_MODEL,
        '"o"': ANY_MODEL,
    },
    without=NOT_CHAT
    | {"clients.py", "clients_more.py", "services.py", "missing_imported.py", "transport.py", "holding.py"}
    | {"callbacks.py", "class_sets.py", "expressions.py", "nested.py", "parts.py", "skipped.py"}
    | {"web.py", "web_handlers.py"},
    # It makes no client, and its streams are no context managers. Where no call is seen, as where a task is awaited,
    # the classes of the OpenAI SDK say nothing of LiteLLM.
    lacking=(
        *("with litellm.completion(", "as stream", "__enter__", "with_raw_response", "with_streaming_response"),
        *(
            "openai.OpenAI(",
            "openai.AsyncOpenAI",
            "closing(",
            "create_task(",
            "again(",
            "on_limits",
            "streams[",
            "client.",
            "embeddings",
            ".parse(",
            ".close()",
            "completions.",
        ),
    ),
)
