"""Scripts and small applications, as people write them in an afternoon."""

import asyncio
import random
import sys
import time

import anthropic
from anthropic import APIError, AsyncAnthropic
from tenacity import retry, retry_if_exception_type, retry_if_not_exception_type, stop_after_attempt

client = anthropic.Anthropic()
Q = [{"role": "user", "content": "Hi"}]
RETRYABLE_STATUS = {408, 429, 500, 502, 503, 504, 529}
NO_PLACE = ("ask_optional_sdk",)


def ask_many_flags():
    """Put what is known of the error in names, and combine them."""
    last = None
    for attempt in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except Exception as exc:
            last = exc
            status = getattr(exc, "status_code", None)
            limited = isinstance(exc, anthropic.RateLimitError) or status == 429
            transient = (
                limited
                or isinstance(exc, (anthropic.APIConnectionError, anthropic.APITimeoutError))
                or (isinstance(status, int) and status >= 500)
            )
            print(f"attempt {attempt + 1} failed, transient={transient}", file=sys.stderr)
            if not transient:
                raise
    assert last is not None
    raise last


def ask_two_statuses():
    """Look for the status in two places."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except Exception as e:
            code = getattr(e, "status_code", None) or getattr(getattr(e, "response", None), "status_code", None)
            if code in RETRYABLE_STATUS:
                time.sleep(random.uniform(0, 1))
                continue
            return f"error: {e}"
    return "gave up"


def ask_strings():
    """Search the text for all that was ever seen."""
    for _ in range(2):
        try:
            with client.messages.stream(model="m", max_tokens=9, messages=Q) as s:
                return "".join(t for t in s.text_stream)
        except Exception as e:
            msg = str(e).lower()
            if "rate_limit" in msg or "429" in msg or "overloaded" in msg or "timeout" in msg:
                time.sleep(1)
            elif "authentication" in msg or "api_key" in msg:
                sys.exit("wrong key")
            else:
                raise
    return None


def ask_exit_messages():
    """Leave the program with a message for each kind of error."""
    try:
        return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    except anthropic.AuthenticationError:
        sys.exit("The key was refused.")
    except anthropic.RateLimitError:
        sys.exit("Try later.")
    except anthropic.APIStatusError as e:
        sys.exit(f"The API failed ({e.status_code}): {e.message}")


def ask_validated():
    """Return whether the key is valid, and why not."""
    try:
        client.messages.create(model="m", max_tokens=1, messages=Q)
        return True, "valid"
    except anthropic.APIStatusError as e:
        if e.status_code == 401:
            return False, "refused"
        return False, f"failed with {e.status_code}"
    except Exception as e:
        return False, str(e)


def sse(data):
    """Return an event for a browser."""
    return f"data: {data}\n\n"


def ask_browser():
    """Yield events for a browser, with one for each kind of error."""
    try:
        inner = anthropic.Anthropic(timeout=120.0)
        with inner.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
            for text in stream.text_stream:
                yield sse({"token": text})
        yield sse({"done": True})
    except anthropic.AuthenticationError:
        yield sse({"error": "key"})
    except anthropic.RateLimitError:
        yield sse({"error": "busy"})
    except anthropic.APIConnectionError as e:
        yield sse({"error": f"no connection: {e}"})
    except anthropic.APIStatusError as e:
        yield sse({"error": f"failed with {e.status_code}"})
    except Exception as e:
        yield sse({"error": str(e)})


@retry(
    retry=(
        retry_if_exception_type((anthropic.RateLimitError, anthropic.InternalServerError))
        | (
            retry_if_exception_type(anthropic.APIConnectionError)
            & retry_if_not_exception_type(anthropic.APITimeoutError)
        )
    ),
    stop=stop_after_attempt(2),
    reraise=True,
)
def ask_combined(model="m", system=None):
    """Combine conditions of tenacity."""
    options = {"model": model, "max_tokens": 9, "messages": Q}
    if system:
        options["system"] = system
    return list(client.messages.create(**options, stream=True))


def call_with_retry(fn, max_retries=3, base_delay=1.0):
    """Call a function until it answers."""
    for attempt in range(max_retries):
        try:
            return fn()
        except anthropic.RateLimitError:
            if attempt == max_retries - 1:
                raise
            time.sleep(base_delay * 2**attempt)
        except anthropic.APIStatusError as e:
            if e.status_code == 529 and attempt < max_retries - 1:
                time.sleep(base_delay * 2**attempt)
            else:
                raise
    raise RuntimeError("not reached")


def ask_inner_function():
    """Pass a function that is defined inside."""

    def _call():
        with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
            return stream.get_final_message()

    return call_with_retry(_call)


async def ask_again_by_itself(tries=0):
    """Call itself after a limit, and keep other errors."""
    aclient = AsyncAnthropic()
    result = {"text": "", "error": None}
    try:
        async with aclient.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
            async for text in stream.text_stream:
                result["text"] += text
    except anthropic.RateLimitError:
        if tries < 2:
            await asyncio.sleep(5)
            return await ask_again_by_itself(tries + 1)
        result["error"] = "limited"
    except Exception as e:
        result["error"] = str(e)
    return result


def ask_optional_sdk():
    """Make the client in a `try` of its own, and catch nothing of the call."""
    try:
        inner = anthropic.Anthropic(api_key="k")
    except anthropic.AnthropicError:
        return None
    return list(inner.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


def ask_import_guarded():
    """Import the SDK in a `try` of its own."""
    try:
        import anthropic as sdk
    except ImportError:
        return None
    try:
        return list(sdk.Anthropic().messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    except sdk.APIStatusError as e:
        print(f"failed: {e.status_code} ({e.message})")
        return None
    except sdk.APIConnectionError as e:
        print(f"no connection: {e}")
        return None


async def ask_released():
    """Release a semaphore whatever happens, and retry in an outer loop."""
    aclient = AsyncAnthropic()
    semaphore = asyncio.Semaphore(1)
    for attempt in range(2):
        await semaphore.acquire()
        try:
            stream = await aclient.messages.create(model="m", max_tokens=9, messages=Q, stream=True)
            return [event.type async for event in stream]
        except (anthropic.RateLimitError, anthropic.InternalServerError) as e:
            if attempt == 1:
                raise RuntimeError("gave up") from e
        finally:
            semaphore.release()
    return None


def ask_event_types():
    """Match the events of a stream, and stop at the last one."""
    parts, stopped = [], None
    try:
        for event in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True):
            match event.type:
                case "content_block_delta":
                    parts.append(event.delta.text)
                case "message_delta":
                    stopped = event.delta.stop_reason
                case "message_stop":
                    break
    except APIError as e:
        return {"text": "".join(parts), "error": getattr(e, "type", None) or e.__class__.__name__}
    return {"text": "".join(parts), "stopped": stopped}


def ask_match_type():
    """Match the class of the error."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except APIError as e:
            match e:
                case anthropic.RateLimitError() | anthropic.InternalServerError():
                    time.sleep(1)
                case anthropic.APIStatusError(status_code=400 | 401 | 403 as code):
                    raise ValueError(f"refused with {code}") from e
                case anthropic.APIStatusError():
                    return "failed"
                case _:
                    raise
    return None


def ask_none_then_raise():
    """Set the answer to None in each clause, and raise once at the end."""
    answer = None
    for wait in (0.1, 0.2, None):
        try:
            answer = list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
            break
        except anthropic.APIConnectionError:
            pass
        except anthropic.APIStatusError as e:
            if e.status_code not in RETRYABLE_STATUS:
                break
        if wait is not None:
            time.sleep(wait)
    if answer is None:
        raise RuntimeError("no answer")
    return answer
