"""Objects of tenacity that have a name, or that a function makes, and what they repeat."""

import anthropic
import tenacity

client = anthropic.Anthropic()
aclient = anthropic.AsyncAnthropic()
Q = [{"role": "user", "content": "Hi"}]
PLACES = {
    "ask_called": "once",
    "ask_copied": "",
    "ask_looped": "",
    "ask_lambda": "",
    "ask_made": "make",
    "ask_method": "Caller.__init__",
}
OPTIONS = {"stop": tenacity.stop_after_attempt(2), "wait": tenacity.wait_none(), "reraise": True}
retrying = tenacity.Retrying(retry=tenacity.retry_if_exception_type(anthropic.APIStatusError), **OPTIONS)


def ask_looped():
    """Loop over the object."""
    for attempt in retrying:
        with attempt:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


def ask_copied():
    """Loop over a copy of it."""
    for attempt in retrying.copy(stop=tenacity.stop_after_attempt(3)):
        with attempt:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


def ask_lambda():
    """Call it with a lambda."""
    return retrying(lambda: list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)))


def once():
    """Ask once."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


def ask_called():
    """Call it with a function."""
    return retrying(once)


def make():
    """Make an object that repeats calls."""
    return tenacity.Retrying(retry=tenacity.retry_if_exception_type(anthropic.RateLimitError), **OPTIONS)


def ask_made():
    """Loop over an object that a function makes."""
    for attempt in make():
        with attempt:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


class Caller:
    """Holds an object that repeats asynchronous calls."""

    def __init__(self):
        self._retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_not_exception_type(anthropic.BadRequestError), **OPTIONS
        )

    async def ask(self):
        """Loop over the object."""
        async for attempt in self._retrying:
            with attempt:
                return [
                    event
                    async for event in await aclient.messages.create(model="m", max_tokens=9, messages=Q, stream=True)
                ]


async def ask_method():
    """Ask by an object."""
    return await Caller().ask()
