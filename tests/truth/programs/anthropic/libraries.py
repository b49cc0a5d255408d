"""Retry decorators and loops of tenacity, backoff and stamina, on functions, generators and open streams."""

import anthropic
import backoff
import stamina
from tenacity import (
    AsyncRetrying,
    Retrying,
    retry,
    retry_any,
    retry_if_exception,
    retry_if_exception_message,
    retry_if_exception_type,
    retry_if_not_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

client = anthropic.Anthropic()
aclient = anthropic.AsyncAnthropic()
Q = [{"role": "user", "content": "Hi"}]


@retry(
    retry=retry_if_exception_type((anthropic.RateLimitError, anthropic.InternalServerError)),
    wait=wait_random_exponential(max=60),
    stop=stop_after_attempt(3),
    reraise=True,
)
def ask_tenacity():
    """Read the whole stream under tenacity."""
    with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
        return stream.get_final_message()


@retry(retry=retry_if_exception_type(anthropic.APIStatusError), stop=stop_after_attempt(3))
def ask_tenacity_wraps():
    """Let tenacity raise its own error after the last attempt."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


def is_transient(error):
    """Return whether an error may pass."""
    return isinstance(error, anthropic.APIStatusError) and (error.status_code == 429 or error.status_code >= 500)


@retry(retry=retry_if_exception(is_transient), stop=stop_after_attempt(3), reraise=True)
def ask_tenacity_predicate():
    """Give tenacity a function that decides."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


@retry(retry=retry_if_not_exception_type(anthropic.BadRequestError), stop=stop_after_attempt(2), reraise=True)
def ask_tenacity_but():
    """Retry everything but a bad request."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


@retry(retry=retry_if_exception_type(anthropic.APIStatusError), stop=stop_after_attempt(3))
def ask_tenacity_generator():
    """Decorate a generator, which tenacity leaves before it reads the stream."""
    with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
        yield from stream.text_stream


@retry(stop=stop_after_attempt(3), reraise=True)
async def ask_tenacity_async_generator():
    """Decorate an asynchronous generator."""
    async with aclient.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
        async for text in stream.text_stream:
            yield text


@retry(retry=retry_if_exception_type(anthropic.APIStatusError), stop=stop_after_attempt(3))
def ask_tenacity_open():
    """Return the open stream, which is read outside."""
    return client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)


@retry(retry=retry_if_exception_type(anthropic.APIError), stop=stop_after_attempt(3), reraise=True)
async def ask_tenacity_async():
    """Read the whole stream under tenacity, asynchronously."""
    async with aclient.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
        return await stream.get_final_text()


def ask_tenacity_loop():
    """Use the loop of tenacity."""
    for attempt in Retrying(retry=retry_if_exception_type(anthropic.RateLimitError), stop=stop_after_attempt(3)):
        with attempt:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    return None


async def ask_tenacity_async_loop():
    """Use the asynchronous loop of tenacity."""
    async for attempt in AsyncRetrying(
        retry=retry_if_exception_type(anthropic.APIStatusError), stop=stop_after_attempt(3), reraise=True
    ):
        with attempt:
            return [e async for e in await aclient.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]
    return None


@retry(
    retry=retry_any(
        retry_if_exception_type(anthropic.RateLimitError), retry_if_exception_message(match=r".*[Oo]verloaded")
    ),
    stop=stop_after_attempt(3),
    reraise=True,
)
def ask_tenacity_any():
    """Retry one class, and any error with a text."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


@retry(
    retry=retry_if_exception_type(anthropic.InternalServerError) | retry_if_exception_type(anthropic.RateLimitError),
    stop=stop_after_attempt(3),
    retry_error_callback=lambda state: None,
)
def ask_tenacity_callback():
    """Return None after the last attempt."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


def ask_tenacity_call():
    """Call a function by an object of tenacity."""
    again = Retrying(retry=retry_if_exception_type(anthropic.APIStatusError), stop=stop_after_attempt(2), reraise=True)
    return again(lambda: list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)))


@retry(retry=retry_if_exception_type(anthropic.RateLimitError), stop=stop_after_attempt(3), reraise=True)
def ask_tenacity_and_clause():
    """Have a clause inside the decorated function."""
    try:
        return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    except anthropic.BadRequestError:
        return None


@backoff.on_exception(backoff.expo, anthropic.RateLimitError, max_tries=3, raise_on_giveup=False)
def ask_backoff_quiet():
    """Return None after the last attempt."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


@backoff.on_exception(backoff.expo, anthropic.RateLimitError, max_tries=2)
@backoff.on_exception(backoff.constant, anthropic.APIConnectionError, max_tries=2, interval=1)
def ask_backoff_twice():
    """Be decorated twice."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


@backoff.on_exception(backoff.expo, anthropic.APIStatusError, max_tries=3)
def ask_backoff():
    """Read the whole stream under backoff."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


@backoff.on_exception(backoff.expo, anthropic.APIStatusError, max_tries=3)
def ask_backoff_generator():
    """Decorate a generator with backoff."""
    for event in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True):
        yield event


@backoff.on_exception(
    backoff.constant,
    (anthropic.APIError,),
    max_tries=3,
    giveup=lambda e: isinstance(e, anthropic.APIStatusError) and e.status_code < 429,
    interval=1,
)
async def ask_backoff_giveup():
    """Give up at statuses below 429."""
    return [e async for e in await aclient.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]


@stamina.retry(on=(anthropic.RateLimitError, anthropic.InternalServerError, anthropic.APIConnectionError), attempts=3)
def ask_stamina():
    """Read the whole stream under stamina."""
    with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
        return stream.get_final_text()


@stamina.retry(on=is_transient, attempts=3)
async def ask_stamina_predicate():
    """Give stamina a function that decides."""
    return [e async for e in await aclient.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]


def ask_stamina_loop():
    """Use the loop of stamina."""
    for attempt in stamina.retry_context(on=anthropic.APIError, attempts=3):
        with attempt:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    return None


@retry(retry=retry_if_exception_type(anthropic.APIStatusError), stop=stop_after_attempt(3), reraise=True)
def open_stream():
    """Open a stream under tenacity."""
    return client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)


def ask_opened_by_another():
    """Read a stream that a decorated function opened."""
    return [event.type for event in open_stream()]
