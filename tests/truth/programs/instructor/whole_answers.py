"""Whole answers, for which Instructor reads no stream."""

import anthropic
import instructor
from instructor.exceptions import InstructorRetryException
from pydantic import BaseModel

Q = [{"role": "user", "content": "Hi"}]
PLAIN = ("ask_whole", "ask_whole_async", "ask_with_completion", "ask_sdk_class")


class Answer(BaseModel):
    """An answer."""

    text: str


client = instructor.from_anthropic(anthropic.Anthropic())
aclient = instructor.from_anthropic(anthropic.AsyncAnthropic())
PARAMETERS = {"model": "claude-3-haiku-20240307", "max_tokens": 64, "messages": Q, "response_model": Answer}


def ask_whole():
    """Retry the exception that wraps all errors."""
    for _ in range(3):
        try:
            return client.messages.create(**PARAMETERS)
        except InstructorRetryException:
            continue
    raise RuntimeError("no answer")


async def ask_whole_async():
    """Ask asynchronously."""
    try:
        return await aclient.messages.create(**PARAMETERS)
    except InstructorRetryException as error:
        return error.last_completion


def ask_with_completion():
    """Ask for the answer, and for what the API returned."""
    try:
        return client.messages.create_with_completion(**PARAMETERS)
    except anthropic.APIStatusError:
        return "not wrapped"
    except InstructorRetryException:
        return client.messages.create_with_completion(**PARAMETERS)


def ask_sdk_class():
    """Catch a class of the SDK."""
    for _ in range(2):
        try:
            return client.chat.completions.create(**PARAMETERS)
        except anthropic.RateLimitError:
            continue
    return None
