"""Calls of the SDK: their client, their surface, whether they stream, and where their stream is read."""

import ast
import textwrap
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.scan.work import MOST_WORK
from matrix.targets import ANTHROPIC
from tests.scan.sources import find_block, open_source

CLIENTS: Final = "import anthropic\nclient = anthropic.Anthropic()\naclient = anthropic.AsyncAnthropic()\n"


def describe(text: str, others: dict[str, str] | None = None) -> list[tuple[str, str, bool | None, bool | None]]:
    """Describe the calls in a source: client, surface, whether it streams, whether it is asynchronous."""
    calls = open_source(text, others).calls.all_calls
    return [(call.client, call.surface, call.streams, call.is_async) for call in calls]


def describe_only(expression: str) -> tuple[str, str, bool | None, bool | None]:
    """Describe the only call in the body of a function."""
    (described,) = describe(f"{CLIENTS}async def ask(q, params, **kwargs):\n    {expression}\n")
    return described


@pytest.mark.parametrize(
    ("statement", "surface", "streams"),
    [
        ("client.messages.create(stream=True)", "messages.create", True),
        ("client.messages.create(stream=False)", "messages.create", False),
        ("client.messages.create(stream=anthropic.NOT_GIVEN)", "messages.create", False),
        ("client.messages.create(model='m')", "messages.create", False),
        ("client.messages.create(stream=params)", "messages.create", None),
        ("client.messages.create(**kwargs)", "messages.create", None),
        ("client.messages.create(**kwargs).content", "messages.create", False),
        ("return client.messages.create(**kwargs).usage.input_tokens", "messages.create", False),
        ("m = client.messages.create(**kwargs); return m.stop_reason", "messages.create", False),
        ("m: object = client.messages.create(**kwargs); print(m.id)", "messages.create", False),
        ("m = await aclient.messages.create(**kwargs); return m.content[0].text", "messages.create", False),
        ("for e in client.messages.create(**kwargs): print(e)", "messages.create", True),
        ("s = client.messages.create(**kwargs); print([e for e in s])", "messages.create", True),
        ("async for e in await aclient.messages.create(**kwargs): print(e)", "messages.create", True),
        ("return list(client.messages.create(**kwargs))", "messages.create", True),
        ("return ''.join(e.text for e in client.messages.create(**kwargs))", "messages.create", True),
        ("client.messages.create(**{'model': 'm'})", "messages.create", False),
        ("client.messages.create(**{'stream': True})", "messages.create", True),
        ("client.messages.create(**dict(model='m', stream=True))", "messages.create", True),
        ("client.messages.create(**{**params, 'stream': True})", "messages.create", True),
        ("client.messages.create(**({'model': 'm'} | {'stream': True}))", "messages.create", True),
        ("d = {'model': 'm'}; client.messages.create(**d)", "messages.create", False),
        ("d = {'model': 'm'}; d['stream'] = True; client.messages.create(**d)", "messages.create", True),
        ("d = {}; d.update(stream=True); client.messages.create(**d)", "messages.create", True),
        ("d = {}; d.update({'stream': True}); client.messages.create(**d)", "messages.create", True),
        ("d = {}; d |= {'stream': True}; client.messages.create(**d)", "messages.create", True),
        ("d = {}; d[q] = True; client.messages.create(**d)", "messages.create", None),
        ("client.messages.stream()", "messages.stream", True),
        ("with client.messages.stream() as s: s.get_final_message()", "messages.stream.get_final_message", True),
        ("with client.messages.stream() as s: return s.get_final_text()", "messages.stream.get_final_text", True),
        ("with client.messages.stream() as s: s.until_done()", "messages.stream.until_done", True),
        ("with client.messages.stream() as s: print(*s.text_stream)", "messages.stream.text_stream", True),
        ("with client.messages.stream() as s: print(*guard(s).text_stream)", "messages.stream", True),
        ("with client.messages.stream() as s: print(*s)", "messages.stream", True),
        (
            "async with aclient.messages.stream() as s: return await s.get_final_message()",
            "messages.stream.get_final_message",
            True,
        ),
        (
            "async with aclient.messages.stream() as s: return [t async for t in s.text_stream]",
            "messages.stream.text_stream",
            True,
        ),
        ("client.beta.messages.create(stream=True)", "beta.messages.create", True),
        ("with client.beta.messages.stream() as s: print(*s)", "beta.messages.stream", True),
        ("client.beta.messages.tool_runner(tools=[])", "beta.messages.tool_runner", False),
        ("client.beta.messages.tool_runner(tools=[], stream=True)", "beta.messages.tool_runner", True),
        ("client.messages.parse(output_format=q)", "messages.create", False),
        ("client.messages.with_raw_response.create(stream=True)", "messages.with_raw_response.create", True),
        (
            "for e in client.messages.with_raw_response.create(**kwargs).parse(): pass",
            "messages.with_raw_response.create",
            True,
        ),
        (
            "client.messages.with_streaming_response.create(stream=True)",
            "messages.with_streaming_response.create",
            True,
        ),
        ("client.with_options(timeout=5).messages.create(stream=True)", "messages.create", True),
        ("client.completions.create(stream=True)", "completions.create", True),
        ("client.messages.count_tokens(messages=q)", "", False),
        ("client.messages.batches.create(requests=q)", "", False),
        ("client.beta.messages.batches.results(q)", "", False),
        ("client.models.list()", "", False),
        ("client.beta.files.upload(file=q)", "", False),
        ("client.beta.skills.versions.delete(q)", "", False),
        ("getattr(client.messages, 'create')(stream=True)", "messages.create", True),
        ("create = client.messages.create; create(stream=True)", "messages.create", True),
        ("messages = client.messages; messages.stream()", "messages.stream", True),
    ],
)
def test_a_call_has_a_surface_and_may_stream(statement: str, surface: str, streams: bool | None) -> None:
    """The method, its arguments and the use of its result show them."""
    _, *described = describe_only(statement)
    assert [surface, streams] == described[:2]


def test_every_surface_is_one_of_the_target() -> None:
    """A surface that no data has is of no use."""
    surfaces = {id_.removesuffix("-async") for id_ in ANTHROPIC.surfaces}
    for beta in ("", "beta."):
        for method in ("create", "stream", "parse", "tool_runner", "with_raw_response.create"):
            for use in ("", ".get_final_message()", ".get_final_text()", ".until_done()", ".text_stream"):
                described = describe(f"{CLIENTS}client.{beta}messages.{method}(stream=True){use}\n")
                assert described[0][1] in surfaces


@pytest.mark.parametrize(
    ("source", "client", "is_async"),
    [
        ("client = anthropic.Anthropic()", "", False),
        ("client = anthropic.AsyncAnthropic()", "", True),
        ("client = anthropic.Client()", "", False),
        ("client = anthropic.AnthropicBedrock()", "AnthropicBedrock", False),
        ("client = anthropic.AsyncAnthropicVertex()", "AsyncAnthropicVertex", True),
        ("client = anthropic.AnthropicFoundry()", "AnthropicFoundry", False),
        ("client = anthropic.AnthropicBedrockMantle()", "AnthropicBedrockMantle", False),
        ("from anthropic import AnthropicVertex as C\nclient = C()", "AnthropicVertex", False),
        ("from anthropic.lib.bedrock import AnthropicBedrock\nclient = AnthropicBedrock()", "AnthropicBedrock", False),
        ("from anthropic import *\nclient = AsyncAnthropicBedrock()", "AsyncAnthropicBedrock", True),
        ("client = anthropic.AnthropicBedrock().with_options(timeout=1)", "AnthropicBedrock", False),
        ("client = wrapped(anthropic.AnthropicBedrock())\nfrom tracing import wrapped", "AnthropicBedrock", False),
        ("class C(anthropic.AnthropicBedrock): ...\nclient = C()", "AnthropicBedrock", False),
        ("def make() -> anthropic.AnthropicBedrock: ...\nclient = make()", "AnthropicBedrock", False),
        ("def make():\n  c = anthropic.AsyncAnthropic()\n  return c\nclient = make()", "", True),
        (
            "client = None\ndef set():\n  global client\n  client = anthropic.AnthropicVertex()",
            "AnthropicVertex",
            False,
        ),
        ("client: 'anthropic.AnthropicVertex | None' = None", "AnthropicVertex", False),
        ("clients = {'a': anthropic.AnthropicVertex()}\nclient = clients['a']", "AnthropicVertex", False),
    ],
)
def test_the_client_of_a_call_is_known(source: str, client: str, is_async: bool) -> None:
    """A client that is not first-party has its class as a name."""
    ((name, surface, _, asynchronous),) = describe(f"import anthropic\n{source}\nclient.messages.create(stream=True)\n")
    assert (client, "messages.create", is_async) == (name, surface, asynchronous)


@pytest.mark.parametrize(
    "source",
    [
        """
        class S:
            client = anthropic.AnthropicBedrock()
            def ask(self):
                return self.client.models.list()
        """,
        """
        class S:
            def __init__(self):
                self._client = anthropic.AnthropicBedrock()
            def ask(self):
                def inner():
                    return self._client.models.list()
        """,
        """
        class S:
            def __init__(self, client: "anthropic.AnthropicBedrock"):
                self.client = client
            def ask(self):
                return self.client.models.list()
        """,
        """
        class Base:
            client: anthropic.AnthropicBedrock
        class S(Base):
            def ask(self):
                return self.client.models.list()
        """,
        """
        class Base:
            def get(self):
                return anthropic.AnthropicBedrock()
        class S(Base):
            def get(self):
                return super().get().with_options(timeout=1)
            def ask(self):
                return self.get().models.list()
        """,
        """
        class Base:
            def ask(self):
                return self.client.models.list()
        class S(Base):
            def __init__(self):
                self.client = anthropic.AnthropicBedrock()
        """,
        """
        class S:
            @functools.cached_property
            def client(self):
                return anthropic.AnthropicBedrock()
            def ask(self):
                return self.client.models.list()
        """,
        """
        @dataclasses.dataclass
        class Settings:
            client: anthropic.AnthropicBedrock = dataclasses.field(default_factory=anthropic.AnthropicBedrock)
        def ask(settings: Settings):
            return settings.client.models.list()
        """,
        """
        class Settings:
            def __init__(self):
                self.client = anthropic.AnthropicBedrock()
        settings = Settings()
        def ask():
            return settings.client.models.list()
        """,
        """
        def ask(client: anthropic.AnthropicBedrock | None = None):
            return client.models.list()
        """,
        """
        def ask(client=anthropic.AnthropicBedrock()):
            return client.models.list()
        """,
        """
        def ask(client):
            return client.models.list()
        ask(anthropic.AnthropicBedrock())
        """,
        """
        class S:
            def __init__(self, client):
                self.client = client
            def ask(self):
                return self.client.models.list()
        S(client=anthropic.AnthropicBedrock())
        """,
        """
        def get_client():
            yield anthropic.AnthropicBedrock()
        def ask(client=Depends(get_client)):
            return client.models.list()
        from fastapi import Depends
        """,
        """
        def ask(client: Annotated[anthropic.AnthropicBedrock, Depends(get)]):
            return client.models.list()
        """,
        """
        ClientT = typing.Union[anthropic.AnthropicBedrock, None]
        def ask(client: ClientT):
            return client.models.list()
        """,
        """
        def ask():
            with anthropic.AnthropicBedrock() as client:
                return client.models.list()
        """,
        """
        @contextlib.contextmanager
        def opened():
            with anthropic.AnthropicBedrock() as client:
                yield client
        def ask():
            with opened() as client:
                return client.models.list()
        """,
    ],
)
def test_a_client_is_followed_to_its_class(source: str) -> None:
    """It may be in a class, a base class, a subclass, a settings object, a parameter, or be returned by a function."""
    text = "import anthropic, contextlib, dataclasses, functools, typing\n" + textwrap.dedent(source)
    assert [("AnthropicBedrock", "", False, False)] == describe(text)


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("from clients import client\nclient.models.list()", {"clients.py": "{A}\nclient = AnthropicVertex()"}),
        ("from clients import make\nmake().models.list()", {"clients.py": "{A}\ndef make(): return AnthropicVertex()"}),
        ("import clients\nclients.client.models.list()", {"clients.py": "{A}\nclient = AnthropicVertex()"}),
        (
            "from base import Base\nclass S(Base):\n    def ask(self): return self.client.models.list()",
            {"base.py": "{A}\nclass Base:\n    def __init__(self): self.client = AnthropicVertex()"},
        ),
        (
            "from conf import settings\nsettings.client.models.list()",
            {
                "conf.py": "from types_ import Settings\nsettings = Settings()",
                "types_.py": "{A}\nclass Settings:\n    client: AnthropicVertex",
            },
        ),
    ],
)
def test_a_client_is_followed_into_other_files(text: str, others: dict[str, str]) -> None:
    """An import may bring it, its base class, or its factory."""
    files = {path: source.replace("{A}", "from anthropic import AnthropicVertex") for path, source in others.items()}
    assert [("AnthropicVertex", "", False, False)] == describe(f"import anthropic\n{text}", files)


@pytest.mark.parametrize(
    "source",
    [
        "import openai\nclient.messages.create()",
        "import openai\nopenai.OpenAI().completions.create()",
        "import anthropic\nanthropic.types.messages.create()",
        "import anthropic, twilio\ndef ask(client): client.messages.create()",
        "import anthropic\nfrom mail import client\nclient.messages.create",
        "import anthropic\nclient = anthropic.Anthropic()\nclient.close()\nclient.with_options(timeout=1)",
        "import anthropic\ndef ask(session): session.get('x'); session.models.list()",
        "import anthropic\nmodels = {}\nmodels.list()\nmodels.items.create()",
        "import openai\nimport instructor\nc = instructor.from_openai(openai.OpenAI())\nc.models.list()",
    ],
)
def test_other_calls_are_no_calls_of_the_sdk(source: str) -> None:
    """Neither are the calls of a client that send nothing."""
    assert [] == describe(source)


def test_a_client_of_instructor_is_no_client_of_the_sdk() -> None:
    """It raises exceptions of its own."""
    source = "import anthropic, instructor\nc = instructor.from_anthropic(anthropic.Anthropic())\nc.messages.create()"
    assert ["instructor"] == [client for client, *_ in describe(source)]


@pytest.mark.parametrize(
    "call",
    [
        "client.models.retrieve(q)",
        "self.client.beta.models.list()",
        "self._anthropic.models.retrieve(q)",
        "anthropic_api.beta.files.upload(q)",
        "http_client.skills.list()",
        "anything.messages.count_tokens(q)",
        "anything.beta.messages.batches.results(q)",
    ],
)
def test_a_call_that_never_streams_is_known_by_its_names(call: str) -> None:
    """The source does not show the client, whose name ends so or names the SDK if the resource does not tell."""
    assert [("", "", False, None)] == describe(f"import anthropic\ndef ask(self, q, client, anything): {call}")


@pytest.mark.parametrize("call", ["registry.models.retrieve(q)", "drive.files.list()", "client.models.fit(q)"])
def test_a_call_of_another_object_is_not_known_by_its_names(call: str) -> None:
    """Other packages have models and files too."""
    assert [] == describe(f"import anthropic\ndef ask(q, registry, drive, client): {call}")


def find_in_block(text: str, others: dict[str, str] | None = None) -> list[tuple[str, bool | None, bool | None, bool]]:
    """Describe the calls in the first `try`: surface, whether it streams, is read there, and is opened there."""
    file = open_source(CLIENTS + textwrap.dedent(text), others)
    block = find_block(file)
    return [
        (call.surface, call.streams, file.calls.read_inside(call, block), file.calls.opened_inside(call, block))
        for call in file.calls.find_sdk_calls(block)
    ]


CREATE: Final = "client.messages.create(stream=True)"
ACREATE: Final = "aclient.messages.create(stream=True)"
EXIT_STACK: Final = """\
try:
        async with AsyncExitStack() as stack:
            s = await stack.enter_async_context(aclient.messages.stream())
            return await s.get_final_message()"""
EXCEPT: Final = "    except Exception: raise"


@pytest.mark.parametrize(
    ("body", "reads", "opens"),
    [
        (f"try: return list({CREATE})", True, True),
        (f"try: return {CREATE}", False, True),
        (f"try: yield {CREATE}", False, True),
        (f"try: self.stream = {CREATE}", False, True),
        (f"try: return Reply({CREATE})", False, True),
        (f"try: return StreamingResponse({CREATE})", False, True),
        (f"try: return consume({CREATE})", None, True),
        (f"try: yield from {CREATE}", True, True),
        (f"try: print(*{CREATE})", True, True),
        (f"try: return ''.join(e.text for e in {CREATE})", True, True),
        (f"try: return (e.text for e in {CREATE})", False, True),
        (f"try: return [e.text for e in {CREATE}]", True, True),
        (f"try: return next(iter({CREATE}))", True, True),
        (f"try: return map(str, {CREATE})", False, True),
        (f"try:\n        for e in {CREATE}: print(e)", True, True),
        (f"try:\n        for i, e in enumerate({CREATE}): print(e)", True, True),
        (f"try:\n        s = {CREATE}\n        for e in s: print(e)", True, True),
        (f"try:\n        with {CREATE} as s: print(*s)", True, True),
        (f"try:\n        with {CREATE} as s: feed(s)", True, True),
        (f"try:\n        with closing({CREATE}) as s: return list(s)", True, True),
        (f"try:\n        if (s := {CREATE}): return list(s)", True, True),
        ("try:\n        with client.messages.stream() as s: return s.get_final_message()", True, True),
        ("try:\n        with client.messages.stream() as s: yield s", True, True),
        ("try: return client.messages.stream()", False, False),
        ("try: return client.messages.with_raw_response.create(stream=True).parse()", False, True),
        ("try: return list(client.messages.with_raw_response.create(stream=True).parse())", True, True),
    ],
)
def test_a_stream_is_read_inside_or_outside(body: str, reads: bool | None, opens: bool) -> None:
    """A stream that is returned, yielded or stored is read elsewhere."""
    source = (
        f"from contextlib import closing\nfrom elsewhere import consume, feed\ndef ask(self, q):\n    {body}\n{EXCEPT}"
    )
    ((_, streams, read, opened),) = find_in_block(source)
    assert (True, reads, opens) == (streams, read, opened)


@pytest.mark.parametrize(
    ("body", "reads", "opens"),
    [
        (f"try: return await {ACREATE}", False, True),
        (f"try: return {ACREATE}", False, False),
        (f"try: return [e async for e in await {ACREATE}]", True, True),
        (f"try:\n        async for e in await {ACREATE}: print(e)", True, True),
        (f"try:\n        s = await asyncio.wait_for({ACREATE}, 5)\n        async for e in s: print(e)", True, True),
        (f"try:\n        task = asyncio.create_task({ACREATE})\n        return await task", False, True),
        ("try:\n        async with aclient.messages.stream() as s: await s.until_done()", True, True),
        (EXIT_STACK, True, True),
    ],
)
def test_an_asynchronous_stream_is_read_inside_or_outside(body: str, reads: bool | None, opens: bool) -> None:
    """A coroutine that is returned makes its request elsewhere."""
    source = f"import asyncio\nfrom contextlib import AsyncExitStack\nasync def ask(q):\n    {body}\n{EXCEPT}"
    ((_, streams, read, opened),) = find_in_block(source)
    assert (True, reads, opens) == (streams, read, opened)


@pytest.mark.parametrize(
    ("functions", "tried", "reads", "opens"),
    [
        (f"def opened(): return {CREATE}", "return list(opened())", True, True),
        (f"def opened(): return {CREATE}", "return opened()", False, True),
        (f"def a(): return {CREATE}\ndef b(): return a()\ndef opened(): return b()", "print(*opened())", True, True),
        (f"def words():\n    for e in {CREATE}: yield e", "return list(words())", True, True),
        (f"def words():\n    for e in {CREATE}: yield e", "return words()", False, False),
        (f"def words():\n    yield from {CREATE}\ndef outer():\n    return words()", "print(*outer())", True, True),
        (f"def words():\n    yield from {CREATE}\ndef outer():\n    return words()", "return outer()", False, False),
        (f"def words():\n    yield from {CREATE}\ndef outer():\n    yield from words()", "print(*outer())", True, True),
        (f"def whole(): return list({CREATE})", "return whole()", True, True),
        ("def read(s):\n    for e in s: print(e)", f"read({CREATE})", True, True),
        ("def read(s):\n    for e in s: print(e)", f"s = {CREATE}; read(s=s)", True, True),
        ("def a(s): return [*s]\ndef read(x, s): return a(s)", f"read(1, {CREATE})", True, True),
        ("def wrap(s):\n    for e in s: yield e", f"return wrap({CREATE})", False, True),
        ("def wrap(s):\n    for e in s: yield e", f"print(*wrap({CREATE}))", True, True),
        ("def same(s): return s", f"return same({CREATE})", False, True),
        ("def same(s): return s", f"return list(same({CREATE}))", True, True),
        ("def call(f): return f()", f"return list(call(lambda: {CREATE}))", True, True),
        ("def call(f): return f()", f"return call(lambda: {CREATE})", False, True),
        ("def call(f, p): return f(**p)", "print(*call(client.messages.create, {'stream': True}))", True, True),
        ("def call(f): return list(f())", "call(functools.partial(client.messages.create, stream=True))", True, True),
        (f"@contextlib.contextmanager\ndef opened():\n    yield {CREATE}", "with opened() as s: print(*s)", True, True),
        (
            "@contextlib.contextmanager\ndef opened():\n    with client.messages.stream() as s: yield s",
            "with opened() as s: print(*s)",
            True,
            True,
        ),
        (
            f"class S:\n    def a(self): return {CREATE}\n    def b(self): return self.a()",
            "print(*S().b())",
            True,
            True,
        ),
    ],
)
def test_a_stream_is_followed_through_functions(functions: str, tried: str, reads: bool | None, opens: bool) -> None:
    """A function that returns a stream, a generator, a helper that reads its parameter, a method as a value."""
    source = f"import contextlib, functools\n{functions}\ndef ask():\n    try:\n        {tried}\n{EXCEPT}"
    ((_, streams, read, opened),) = find_in_block(source)
    assert (True, reads, opens) == (streams, read, opened)


def test_a_function_of_another_file_is_followed() -> None:
    """Its calls count as those of the code that calls it."""
    others = {
        "api.py": f"{CLIENTS}from wire import opened\ndef words():\n    for e in opened(): yield e\n",
        "wire.py": f"{CLIENTS}def opened(): return {CREATE}\n",
    }
    source = f"from api import words\ndef ask():\n    try:\n        return list(words())\n{EXCEPT}"
    assert [("messages.create", True, True, True)] == find_in_block(source, others)


@pytest.mark.parametrize(
    "tried",
    [
        "await asyncio.to_thread(client.messages.create, model='m')",
        "await asyncio.get_running_loop().run_in_executor(None, client.messages.create)",
        "await asyncio.to_thread(functools.partial(client.messages.create, model='m'))",
        "await asyncio.get_running_loop().run_in_executor(None, lambda: client.messages.create(model='m'))",
        "pool.submit(client.messages.create).result()",
    ],
)
def test_a_helper_calls_the_method_that_it_is_given(tried: str) -> None:
    """The client is synchronous, though its result is awaited."""
    source = f"{CLIENTS}import asyncio, functools\nasync def ask(pool):\n    try:\n        {tried}\n{EXCEPT}"
    file = open_source(source)
    (call,) = file.calls.find_sdk_calls(find_block(file))
    assert ("messages.create", False, False) == (call.surface, call.streams, call.is_async)


def test_a_method_that_is_passed_on_is_called_by_its_receiver() -> None:
    """The caller's loop reads the stream, whichever of two calls returned it."""
    source = """
    import asyncio
    class S:
        client = anthropic.AsyncAnthropic()
        async def process(self, params):
            try:
                stream = await self.opened(self.client.beta.messages.create, {**params, "stream": True})
                async for event in stream:
                    print(event)
            except Exception:
                raise
        async def opened(self, call, params):
            try:
                return await asyncio.wait_for(call(**params), timeout=5)
            except TimeoutError:
                return await call(**params)
    """
    assert [("beta.messages.create", True, True, True)] * 2 == find_in_block(source)


def test_a_decorator_runs_the_functions_that_it_decorates() -> None:
    """The `try` of a decorator of the user's own is about their calls."""
    source = """
    def patient(times):
        def decorate(func):
            def wrapper(*args):
                try:
                    return func(*args)
                except Exception:
                    raise
            return wrapper
        return decorate
    @patient(3)
    def ask():
        with client.messages.stream() as stream:
            return stream.get_final_text()
    """
    assert [("messages.stream.get_final_text", True, True, True)] == find_in_block(source)


@pytest.mark.parametrize(
    "use",
    [
        "with translated(): print(*{call})",
        "with open('x') as x, translated(): print(*{call})",
        "def ask():\n    with translated():\n        return list({call})",
        "@translated()\ndef ask(): return list({call})",
        "def read(): return list({call})\nwith translated(): read()",
    ],
)
def test_the_code_in_a_context_manager_is_in_its_try(use: str) -> None:
    """An exception of that code is raised at the `yield`."""
    manager = f"import contextlib\n@contextlib.contextmanager\ndef translated():\n    try: yield\n{EXCEPT}\n"
    assert [("messages.create", True, True, True)] == find_in_block(manager + use.format(call=CREATE))


def test_the_code_in_an_object_is_found() -> None:
    """The class of the object says what it does with an exception."""
    source = f"class Quiet:\n    def __exit__(self, *e): return True\nwith Quiet() as q: print(*{CREATE})\n"
    file = open_source(CLIENTS + source)
    quiet = next(node for node in file.module.scopes if isinstance(node, ast.ClassDef))
    bodies = file.calls.find_bodies(quiet)
    assert [True] == [file.calls.read_inside(call, bodies) for call in file.calls.find_sdk_calls(bodies)]


@pytest.mark.parametrize(
    "decorator",
    [
        """
        class Patient:
            def __init__(self, times): self.times = times
            def __call__(self, func):
                def wrapper(*args):
                    try: return func(*args)
                    except Exception: raise
                return wrapper
        @Patient(3)
        """,
        """
        class Patient:
            def __init__(self, func): self.func = func
            def __call__(self, *args):
                try: return self.func(*args)
                except Exception: raise
        @Patient
        """,
    ],
)
def test_a_class_may_decorate(decorator: str) -> None:
    """Its constructor or its `__call__` gets the function."""
    source = textwrap.dedent(decorator) + f"def ask(): return list({CREATE})\n"
    assert [("messages.create", True, True, True)] == find_in_block(source)


def test_a_function_may_be_given_several_functions() -> None:
    """Each caller has its own."""
    source = f"""
    def patient(f):
        try: return f()
        except Exception: raise
    def read(): return list({CREATE})
    patient(read)
    patient(lambda: client.models.list())
    print(*patient(functools.partial(client.messages.create, stream=True)))
    import functools
    """
    expected = {("messages.create", True, True, True), ("", False, False, True), ("messages.create", True, False, True)}
    assert expected == set(find_in_block(source))


@pytest.mark.parametrize(
    ("source", "count"),
    [
        (f"def ask():\n    s = {CREATE}\n    try:\n        for e in s: print(e)\n{EXCEPT}", 1),
        (f"def ask():\n    with client.messages.stream() as s:\n        try: print(*s)\n{' ' * 4}{EXCEPT}", 1),
        (f"def ask():\n    s = {CREATE}\n    try: print()\n{EXCEPT}\n    for e in s: print(e)", 0),
        (f"def ask():\n    try: print(*{CREATE})\n{EXCEPT}", 0),
        (f"def read(s):\n    try:\n        for e in s: print(e)\n{EXCEPT}\ndef ask():\n    read({CREATE})", 1),
        (f"def a(): return {CREATE}\ndef b():\n    s = a()\n    try: print(*s)\n{EXCEPT}", 1),
    ],
)
def test_streams_that_were_opened_before_are_read(source: str, count: int) -> None:
    """The code that reads a stream may follow the call, or be in a helper."""
    file = open_source(CLIENTS + source)
    assert count == len(file.calls.find_streams_read(find_block(file)))


@pytest.mark.parametrize(
    ("body", "clients"),
    [
        ("c = A()\nc.models.list()\nc = B()\nc.models.list()", ["", "AnthropicBedrock"]),
        ("if x:\n  c = A()\n  c.models.list()\nelse:\n  c = B()\n  c.models.list()", ["", "AnthropicBedrock"]),
        ("c = B()\nif x:\n  c = A()\nc.models.list()", [""]),
        ("c = None\nif x:\n  c = B()\nc.models.list()", ["AnthropicBedrock"]),
        ("with A() as c: c.models.list()\nwith B() as c: c.models.list()", ["", "AnthropicBedrock"]),
        ("c = B()\nfor x in y:\n  c.models.list()\n  c = A()", [""]),
        ("if x:\n  c = A()\n  c.models.list()\nelse:\n  c = openai.OpenAI()\n  c.models.list()", [""]),
        ("c = A()\ndef f(): c.models.list()\nc = B()", [""]),
    ],
)
def test_a_name_has_the_client_that_it_was_given_last(body: str, clients: list[str]) -> None:
    """Where the source does not show which one that is, a first-party client counts."""
    source = f"from anthropic import Anthropic as A, AnthropicBedrock as B\nimport openai\n{body}\n"
    assert clients == [client for client, *_ in describe(source)]


@pytest.mark.parametrize(
    ("source", "streams"),
    [
        ("def send(stream): return client.messages.create(stream=stream)\nsend(True)", True),
        ("def send(stream=False): return client.messages.create(stream=stream)\nsend()", False),
        ("def send(stream): return client.messages.create(stream=stream)\nsend(True)\nsend(False)", None),
        ("def send(stream): return client.messages.create(stream=stream)", None),
        ("def send(params): return client.messages.create(**params)\nsend({'stream': True})", True),
        ("def send(params): return client.messages.create(**params)\nsend(dict(model='m'))", False),
        ("def send(**params): return client.messages.create(**params)\nprint(send().content)", False),
        ("def send(**params): return client.messages.create(**params)\nprint(*send())", True),
        ("def send(**params): return client.messages.create(**params)\nPeekable(send()).peek()", None),
        ("FLAG = True\nclient.messages.create(stream=FLAG)", True),
    ],
)
def test_callers_show_whether_a_call_streams(source: str, streams: bool | None) -> None:
    """They pass the flag or the parameters, or read the result."""
    assert [streams] == [described[2] for described in describe(CLIENTS + source)]


def test_a_name_has_the_stream_that_it_was_given_last() -> None:
    """A message and a stream may have the same name, one after the other."""
    source = (
        "def ask(**k):\n    r = client.messages.create(**k)\n    print(r.id)\n    r = client.messages.create(**k)\n"
    )
    assert [False, True] == [streams for _, _, streams, _ in describe(f"{CLIENTS}{source}    print(*r)\n")]


@given(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=6), st.booleans())
def test_functions_that_call_each_other_end(names: list[str], is_method: bool) -> None:
    """A function may call itself, or be called with its own result."""
    lines = [
        f"def {name}(x, f=None): return {other}({names[0]}(x), f=x)"
        for name, other in zip(names, reversed(names), strict=True)
    ]
    source = "\n".join(
        [*lines, f"try: {names[0]}({CREATE if is_method else 'client.messages.create'}).content", "finally: 0"]
    )
    file = open_source(CLIENTS + source)
    block = find_block(file)
    for call in file.calls.find_sdk_calls(block):
        file.calls.read_inside(call, block)
        file.calls.opened_inside(call, block)
    assert file.work.steps < 5_000


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def f():\n" + f"  try: print(*{CREATE})\n  finally: 0\n" * 1_000, id="try statements"),
        pytest.param(
            "class A0: ...\n" + "".join(f"class A{i + 1}(A{i}):\n  x = self.y.z()\n" for i in range(1_000)),
            id="classes",
        ),
        pytest.param(f"s0 = {CREATE}\n" + "".join(f"s{i + 1} = iter(s{i})\n" for i in range(1_000)), id="names"),
        pytest.param("def g(x): x.messages.create()\n" + "g(client)\n" * 5_000, id="callers"),
        pytest.param("d = {}\n" + "d['x'] = 1\n" * 1_000 + "client.messages.create(**d)\n" * 1_000, id="parameters"),
    ],
)
def test_the_work_is_bounded(source: str) -> None:
    """A long file takes linear time."""
    file = open_source(CLIENTS + source)
    for node in [node for node in file.module.parents if isinstance(node, ast.Try)]:
        file.calls.find_sdk_calls(node.body)
        file.calls.find_streams_read(node.body)
    assert file.calls.all_calls is not None
    assert file.work.steps < MOST_WORK // 10


def test_calls_are_found_in_the_same_order_each_time() -> None:
    """The order does not depend on where their nodes are in memory, on which that of a set depends."""
    file = open_source(f"{CLIENTS}try:\n" + "    client.messages.create()\n" * 50 + "except OSError: pass\n")
    found = [call.node.lineno for call in file.calls.find_sdk_calls(find_block(file))]
    assert 50 == len(found)
    assert sorted(found, reverse=True) == found
