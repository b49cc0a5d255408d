"""Calls without a stream, clients that callers make, and options of a call."""

import cohere
from cohere.core.api_error import ApiError

client = cohere.ClientV2()
Q = [{"role": "user", "content": "Hi"}]
ONCE = {"max_retries": 0}


def ask_whole():
    """Ask for a whole answer."""
    try:
        return client.chat(model="m", messages=Q, request_options=ONCE).message.content[0].text
    except cohere.BadRequestError:
        return None


def ask_whole_again():
    """Retry a whole answer by the status."""
    for _ in range(3):
        try:
            return client.chat(model="m", messages=Q, request_options=ONCE).message
        except ApiError as error:
            if error.status_code not in (429, 500, 503):
                raise
    raise RuntimeError("no answer")


def ask_embedding():
    """Embed a text."""
    try:
        return client.embed(
            model="m", texts=["Hi"], input_type="classification", embedding_types=["float"], request_options=ONCE
        )
    except cohere.errors.TooManyRequestsError as error:
        raise TimeoutError("limited") from error


def ask_ranked():
    """Rank texts."""
    for _ in range(2):
        try:
            return client.rerank(model="m", query="Hi", documents=["a"], request_options=ONCE)
        except cohere.InternalServerError:
            continue
    return None


def ask_passed(client: cohere.ClientV2):
    """Retry with a client that the caller makes, and without retries of its own."""
    for _ in range(2):
        try:
            return [event.type for event in client.chat_stream(model="m", messages=Q, request_options=ONCE)]
        except ApiError:
            continue
    return None


def ask_own_retries():
    """Rely on the number of retries, which a stream does not have."""
    try:
        return list(client.chat_stream(model="m", messages=Q, request_options={"max_retries": 3}))
    except ApiError as error:
        return error.status_code
