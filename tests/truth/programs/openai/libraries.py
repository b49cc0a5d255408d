"""Retry decorators and loops of tenacity, backoff and stamina, on functions, generators and open streams."""

import backoff
import openai
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

client = openai.OpenAI()
aclient = openai.AsyncOpenAI()
Q = [{"role": "user", "content": "Hi"}]


@retry(
    retry=retry_if_exception_type((openai.RateLimitError, openai.InternalServerError)),
    wait=wait_random_exponential(max=60),
    stop=stop_after_attempt(3),
    reraise=True,
)
def ask_tenacity():
    """Read the whole stream under tenacity."""
    with client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
        return list(stream)


@retry(retry=retry_if_exception_type(openai.APIStatusError), stop=stop_after_attempt(3))
def ask_tenacity_wraps():
    """Let tenacity raise its own error after the last attempt."""
    return list(client.chat.completions.create(model="m", messages=Q, stream=True))


def is_transient(error):
    """Return whether an error may pass."""
    return isinstance(error, openai.APIStatusError) and (error.status_code == 429 or error.status_code >= 500)


@retry(retry=retry_if_exception(is_transient), stop=stop_after_attempt(3), reraise=True)
def ask_tenacity_predicate():
    """Give tenacity a function that decides."""
    return list(client.chat.completions.create(model="m", messages=Q, stream=True))


@retry(retry=retry_if_not_exception_type(openai.BadRequestError), stop=stop_after_attempt(2), reraise=True)
def ask_tenacity_but():
    """Retry everything but a bad request."""
    return list(client.chat.completions.create(model="m", messages=Q, stream=True))


@retry(retry=retry_if_exception_type(openai.APIStatusError), stop=stop_after_attempt(3))
def ask_tenacity_generator():
    """Decorate a generator, which tenacity leaves before it reads the stream."""
    with client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
        yield from (chunk.choices[0].delta.content or "" for chunk in stream)


@retry(stop=stop_after_attempt(3), reraise=True)
async def ask_tenacity_async_generator():
    """Decorate an asynchronous generator."""
    async with await aclient.chat.completions.create(model="m", messages=Q, stream=True) as stream:
        async for text in stream:
            yield text


@retry(retry=retry_if_exception_type(openai.APIStatusError), stop=stop_after_attempt(3))
def ask_tenacity_open():
    """Return the open stream, which is read outside."""
    return client.chat.completions.create(model="m", messages=Q, stream=True)


@retry(retry=retry_if_exception_type(openai.APIError), stop=stop_after_attempt(3), reraise=True)
async def ask_tenacity_async():
    """Read the whole stream under tenacity, asynchronously."""
    async with await aclient.chat.completions.create(model="m", messages=Q, stream=True) as stream:
        return [chunk async for chunk in stream]


def ask_tenacity_loop():
    """Use the loop of tenacity."""
    for attempt in Retrying(retry=retry_if_exception_type(openai.RateLimitError), stop=stop_after_attempt(3)):
        with attempt:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    return None


async def ask_tenacity_async_loop():
    """Use the asynchronous loop of tenacity."""
    async for attempt in AsyncRetrying(
        retry=retry_if_exception_type(openai.APIStatusError), stop=stop_after_attempt(3), reraise=True
    ):
        with attempt:
            return [e async for e in await aclient.chat.completions.create(model="m", messages=Q, stream=True)]
    return None


@retry(
    retry=retry_any(
        retry_if_exception_type(openai.RateLimitError), retry_if_exception_message(match=r".*[Oo]verloaded")
    ),
    stop=stop_after_attempt(3),
    reraise=True,
)
def ask_tenacity_any():
    """Retry one class, and any error with a text."""
    return list(client.chat.completions.create(model="m", messages=Q, stream=True))


@retry(
    retry=retry_if_exception_type(openai.InternalServerError) | retry_if_exception_type(openai.RateLimitError),
    stop=stop_after_attempt(3),
    retry_error_callback=lambda state: None,
)
def ask_tenacity_callback():
    """Return None after the last attempt."""
    return list(client.chat.completions.create(model="m", messages=Q, stream=True))


def ask_tenacity_call():
    """Call a function by an object of tenacity."""
    again = Retrying(retry=retry_if_exception_type(openai.APIStatusError), stop=stop_after_attempt(2), reraise=True)
    return again(lambda: list(client.chat.completions.create(model="m", messages=Q, stream=True)))


@retry(retry=retry_if_exception_type(openai.RateLimitError), stop=stop_after_attempt(3), reraise=True)
def ask_tenacity_and_clause():
    """Have a clause inside the decorated function."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except openai.BadRequestError:
        return None


@backoff.on_exception(backoff.expo, openai.RateLimitError, max_tries=3, raise_on_giveup=False)
def ask_backoff_quiet():
    """Return None after the last attempt."""
    return list(client.chat.completions.create(model="m", messages=Q, stream=True))


@backoff.on_exception(backoff.expo, openai.RateLimitError, max_tries=2)
@backoff.on_exception(backoff.constant, openai.APIConnectionError, max_tries=2, interval=1)
def ask_backoff_twice():
    """Be decorated twice."""
    return list(client.chat.completions.create(model="m", messages=Q, stream=True))


@backoff.on_exception(backoff.expo, openai.APIStatusError, max_tries=3)
def ask_backoff():
    """Read the whole stream under backoff."""
    return list(client.chat.completions.create(model="m", messages=Q, stream=True))


@backoff.on_exception(backoff.expo, openai.APIStatusError, max_tries=3)
def ask_backoff_generator():
    """Decorate a generator with backoff."""
    for event in client.chat.completions.create(model="m", messages=Q, stream=True):
        yield event


@backoff.on_exception(
    backoff.constant,
    (openai.APIError,),
    max_tries=3,
    giveup=lambda e: isinstance(e, openai.APIStatusError) and e.status_code < 429,
    interval=1,
)
async def ask_backoff_giveup():
    """Give up at statuses below 429."""
    return [e async for e in await aclient.chat.completions.create(model="m", messages=Q, stream=True)]


@stamina.retry(on=(openai.RateLimitError, openai.InternalServerError, openai.APIConnectionError), attempts=3)
def ask_stamina():
    """Read the whole stream under stamina."""
    with client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
        return list(stream)


@stamina.retry(on=is_transient, attempts=3)
async def ask_stamina_predicate():
    """Give stamina a function that decides."""
    return [e async for e in await aclient.chat.completions.create(model="m", messages=Q, stream=True)]


def ask_stamina_loop():
    """Use the loop of stamina."""
    for attempt in stamina.retry_context(on=openai.APIError, attempts=3):
        with attempt:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    return None


@retry(retry=retry_if_exception_type(openai.APIStatusError), stop=stop_after_attempt(3), reraise=True)
def open_stream():
    """Open a stream under tenacity."""
    return client.chat.completions.create(model="m", messages=Q, stream=True)


def ask_opened_by_another():
    """Read a stream that a decorated function opened."""
    return [event.object for event in open_stream()]
