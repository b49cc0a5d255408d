"""The calls of Instructor under test, each made as its users make it, and to the end of its stream.

A call that a release lacks is unsupported; that is found by looking, never by version number.
"""

from probe_support import awaited, method

__all__ = ["ATTRIBUTES", "SURFACES", "Delivered", "prepare"]

ATTRIBUTES = ("status_code", "type", "n_attempts", "total_usage", "last_completion")
"""The attributes that handlers read."""

_PATIENCE = 60.0
"""Seconds that a call waits for the server; longer than any deadline, so that a hang is a hang."""

_CALL = {
    "model": "claude-3-haiku-20240307",
    "messages": [{"role": "user", "content": "Hi"}],
    "max_tokens": 64,
}


class Delivered:
    """The partial answers that a call delivered to its caller before it ended.

    Attributes:
        events: Every partial answer, in order.
        began: Whether the call returned a stream.
        text: The text of the last partial answer.
        final: Always None: the last partial answer is the final one.
    """

    final = None

    def __init__(self):
        self.events = []
        self.began = False
        self.text = ""

    def event(self, answer):
        """Add a partial answer."""
        self.events.append(answer)
        text = getattr(answer, "text", None)
        self.text = text if isinstance(text, str) else self.text

    def facets(self):
        """Return the delivery as plain data."""
        return {"events": ["partial"] * len(self.events), "text": self.text, "stop_reason": None}


class Client:
    """A client of Instructor, and the client of the SDK below it.

    Attributes:
        instructor: The imported module.
        messages: The client of Instructor.
    """

    def __init__(self, instructor, client):
        self.instructor = instructor
        self.messages = method(instructor, "from_anthropic")(client)
        self._client = client

    def close(self):
        """Close the client of the SDK."""
        return self._client.close()


def client_maker(name, **settings):
    """Return a function that makes a client over the SDK's client of this name, with these settings."""

    def make(instructor, base_url, timeout=_PATIENCE):
        import anthropic

        sdk = getattr(anthropic, name)(api_key="midstream", base_url=base_url, timeout=timeout, **settings)
        return Client(instructor, sdk)

    return make


def _answer_model():
    from pydantic import BaseModel

    class Answer(BaseModel):
        """An answer."""

        text: str

    return Answer


def _partial(arguments):
    def sync(client, delivered, options):
        stream = method(client.messages, "create_partial")(response_model=_answer_model(), **_CALL, **arguments)
        delivered.began = True
        for answer in stream:
            delivered.event(answer)

    async def asynchronous(client, delivered, options):
        call = method(client.messages, "create_partial")
        stream = await awaited(call(response_model=_answer_model(), **_CALL, **arguments))
        delivered.began = True
        async for answer in stream:
            delivered.event(answer)

    return sync, asynchronous


def _create(client, delivered, options):
    partial = method(client.instructor, "Partial")[_answer_model()]
    create = method(client.messages, "create")
    stream = create(response_model=partial, stream=True, max_retries=0, **_CALL)
    delivered.began = True
    for answer in stream:
        delivered.event(answer)


_ONCE = {"max_retries": 0}

SURFACES = {
    "create_partial": (client_maker("Anthropic", **_ONCE), _partial(_ONCE)[0]),
    "create_partial-async": (client_maker("AsyncAnthropic", **_ONCE), _partial(_ONCE)[1]),
    "create": (client_maker("Anthropic", **_ONCE), _create),
    "create_partial.own-retries": (client_maker("Anthropic"), _partial({})[0]),
}
"""Each surface by its id: the function that makes its client, and its call."""


_CLOSED = "http://127.0.0.1:9"
"""An address at which nothing listens."""


def prepare(instructor):
    """Import what a call imports at first use, which takes seconds, by a call that can't connect."""
    make_client, call = SURFACES["create_partial"]
    try:
        call(make_client(instructor, _CLOSED), Delivered(), {})
    except BaseException:  # the calls of the plan show what it is
        return
