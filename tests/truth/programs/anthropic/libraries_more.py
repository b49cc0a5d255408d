"""Less common parts of the retry libraries: results, own errors, and decorators that are applied by hand."""

import logging

import anthropic
import backoff
import stamina
import tenacity
from tenacity import (
    Retrying,
    TryAgain,
    before_sleep_log,
    retry_all,
    retry_if_exception,
    retry_if_exception_type,
    retry_if_result,
    stop_after_attempt,
    stop_never,
    wait_exponential,
    wait_fixed,
)

client = anthropic.Anthropic()
aclient = anthropic.AsyncAnthropic()
log = logging.getLogger(__name__)
Q = [{"role": "user", "content": "Hi"}]
PLACES = {
    "ask_decorated_inside": ("decorated", "ask_decorated_inside"),
    "ask_method": "Bot.ask",
    "ask_retry_error": ("ask_everything", "ask_retry_error"),
}
ON = dict(retry=retry_if_exception_type((anthropic.RateLimitError, anthropic.InternalServerError)))  # noqa: C408
patient = tenacity.retry(**ON, stop=stop_after_attempt(2), reraise=True)


class GaveUp(Exception):
    """The last attempt failed."""


@patient
def ask_named_decorator():
    """Use a decorator that has a name."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


@tenacity.retry(stop=stop_after_attempt(2), wait=wait_fixed(1))
def ask_everything():
    """Retry everything, as tenacity does by default."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


@tenacity.retry(
    retry=retry_all(
        retry_if_exception_type(anthropic.APIStatusError), retry_if_exception(lambda e: e.status_code > 400)
    ),
    wait=wait_exponential(min=1),
    stop=stop_after_attempt(2),
    before_sleep=before_sleep_log(log, logging.INFO),
    reraise=True,
)
def ask_all_of():
    """Retry what two conditions allow."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


@tenacity.retry(retry=retry_if_result(lambda events: events is None), stop=stop_after_attempt(2), reraise=True)
def ask_result():
    """Retry an empty result, and no exception."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


@tenacity.retry(
    retry=retry_if_exception_type(anthropic.APIError), stop=stop_after_attempt(2), retry_error_cls=tenacity.TryAgain
)
def ask_error_class():
    """Raise another class after the last attempt."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


@tenacity.retry(stop=stop_after_attempt(2), retry=retry_if_exception_type(TryAgain), reraise=True)
def ask_try_again():
    """Ask tenacity to try again."""
    try:
        return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    except anthropic.InternalServerError as error:
        raise TryAgain from error


@tenacity.retry(retry=retry_if_exception_type(GaveUp), stop=stop_after_attempt(2), reraise=True)
def ask_translated_and_retried():
    """Retry an error of the project that a clause raises."""
    try:
        return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    except (anthropic.RateLimitError, anthropic.InternalServerError) as error:
        raise GaveUp from error


def read():
    """Read a stream."""
    with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
        return stream.get_final_message()


def ask_wrapped_by_hand():
    """Apply the decorator by hand."""
    return tenacity.retry(retry=retry_if_exception_type(anthropic.APIStatusError), stop=stop_after_attempt(2))(read)()


@patient
def decorated():
    """Read a stream under a decorator."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


def ask_decorated_inside():
    """Have a clause around a decorated function."""
    try:
        return decorated()
    except anthropic.APIStatusError:
        return None


def ask_retry_error():
    """Catch the error of tenacity."""
    try:
        return ask_everything()
    except tenacity.RetryError as error:
        raise GaveUp from error.last_attempt.exception()


def ask_loop_with_clause():
    """Use the loop of tenacity with a clause inside."""
    for attempt in Retrying(**ON, stop=stop_after_attempt(2), reraise=True):
        with attempt:
            try:
                return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
            except anthropic.RateLimitError:
                return "limited"
    return None


class Bot:
    """Decorates its method."""

    @tenacity.retry(**ON, stop=stop_after_attempt(3) | stop_never, reraise=True)
    async def ask(self):
        """Read an asynchronous stream."""
        async with aclient.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
            return await stream.get_final_text()


async def ask_method():
    """Ask by a decorated method."""
    return await Bot().ask()


@backoff.on_exception(
    backoff.expo, (anthropic.RateLimitError, anthropic.InternalServerError), max_tries=lambda: 2, jitter=None
)
async def ask_backoff_async():
    """Read an asynchronous stream under backoff."""
    async with aclient.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
        return await stream.get_final_text()


@backoff.on_exception(
    backoff.expo,
    anthropic.APIError,
    max_tries=2,
    giveup=lambda error: not isinstance(error, (anthropic.RateLimitError, anthropic.APIConnectionError)),
    on_giveup=lambda details: log.error("gave up after %s", details["tries"]),
)
def ask_backoff_gives_up():
    """Give up on all but two classes."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


def ask_stamina_caller():
    """Call a function by an object of stamina."""
    return stamina.RetryingCaller(attempts=2).on(anthropic.APIStatusError)(read)


@stamina.retry(on=anthropic.APIStatusError, attempts=2)
def ask_stamina_generator():
    """Decorate a generator with stamina, which retries it, unlike other libraries."""
    yield from client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)
