"""Ways to ask an error for its status, its text or its class that few people write."""

import http
import json
import math
import operator
import re

import anthropic

client = anthropic.Anthropic()
Q = [{"role": "user", "content": "Hi"}]
BASE = frozenset({408, 409, 429})
SERVER = range(500, 600)
LEVELS = {2: "odd", 4: "ours", 5: "theirs"}
PATTERN = re.compile(r"Error code: (?P<code>\d+)")


def ask_union():
    """Look for the status in a set that is put together."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except anthropic.APIStatusError as error:
            if error.status_code not in {*BASE, *SERVER, 529}:
                raise
    return None


def ask_intersection():
    """Intersect the status with a set."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except anthropic.APIStatusError as error:
            if not {error.status_code} & (BASE | {500, 529}):
                raise
    return None


def ask_level():
    """Look the hundreds up in a table."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except anthropic.APIStatusError as error:
            level, rest = divmod(error.status_code, 100)
            if LEVELS[level] == "theirs" or rest == 29:
                continue
            raise
    return None


def ask_floor():
    """Round the hundreds down."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except anthropic.APIStatusError as error:
            if math.floor(error.status_code / 100) == 5:
                continue
            raise
    return None


def ask_getter():
    """Read the status by an operator."""
    status_of = operator.attrgetter("response.status_code")
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except anthropic.APIStatusError as error:
            if status_of(error) < 429:
                raise
    return None


def ask_enum_status():
    """Compare the status with an enum."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except anthropic.APIStatusError as error:
            if error.status_code in (http.HTTPStatus.TOO_MANY_REQUESTS, http.HTTPStatus.INTERNAL_SERVER_ERROR):
                continue
            raise
    return None


def ask_enum_phrase():
    """Make an enum of the status, which 529 is not in."""
    try:
        return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    except anthropic.APIStatusError as error:
        return http.HTTPStatus(error.status_code).phrase


def ask_first_digit():
    """Compare the first digit."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except anthropic.APIStatusError as error:
            if str(error.status_code)[0] != "5":
                raise
    return None


def ask_group():
    """Read the status from the text with a group of an expression."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except anthropic.APIError as error:
            found = PATTERN.search(str(error))
            if found is None or int(found["code"]) < 429:
                raise
    return None


def ask_split():
    """Split the text at a dash."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except anthropic.APIError as error:
            head, _, _ = str(error).partition(" - ")
            if head.split(": ")[-1] not in ("429", "529"):
                raise
    return None


def ask_formatted_old():
    """Format the error with a percent sign."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except Exception as error:
            if "verloaded" in "failed: %s" % error or "Rate" in "{!s}".format(error):
                continue
            raise
    return None


def ask_json_text():
    """Parse the text as JSON, which it is not."""
    try:
        return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    except anthropic.APIStatusError as error:
        return json.loads(str(error))["error"]["type"]


def ask_length():
    """Compare the number of arguments."""
    try:
        return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    except anthropic.APIError as error:
        if len(error.args) == 1 and error.args[0]:
            return None
        raise


def ask_isinstance_body():
    """Ask for the type of the body first."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except anthropic.APIError as error:
            if isinstance(error.body, dict) and error.body.get("type") == "error":
                if error.body["error"].get("type", "").startswith(("overloaded", "rate_limit")):
                    continue
            raise
    return None


def ask_any_word():
    """Look for words in a text in lower case."""
    words = ["overloaded", "timeout", "503", "529"]
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except Exception as error:
            text = str(error).lower()
            if not any(map(text.__contains__, words)):
                raise
    return None


def ask_bases():
    """Look for a name among the classes of the error."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except Exception as error:
            if any(kind.__name__ in ("RateLimitError", "InternalServerError") for kind in type(error).mro()):
                continue
            raise
    return None


def ask_module():
    """Ask for the package of the class."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except Exception as error:
            if type(error).__module__.split(".")[0] != "anthropic":
                return "another library"
            if error.__class__.__qualname__.endswith("StatusError"):
                raise
    return None


def ask_chained_getattr():
    """Read an attribute of an attribute, both with defaults."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except Exception as error:
            if getattr(getattr(error, "response", None), "status_code", 0) not in (429, 500, 529):
                raise
    return None


def ask_dictionary():
    """Put what is known of the error in a dictionary."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except anthropic.APIError as error:
            info = {"status": getattr(error, "status_code", None), "limit": isinstance(error, anthropic.RateLimitError)}
            if info["limit"] or info["status"] in (500, 529):
                continue
            raise
    return None


def ask_negated():
    """Negate a conjunction."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except anthropic.APIStatusError as error:
            if not (400 <= error.status_code < 500 and error.status_code != 429):
                continue
            raise
    return None


def ask_match_guard():
    """Match the status, with a guard."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except anthropic.APIStatusError as error:
            match error.status_code:
                case 429 | 529:
                    continue
                case status if status >= 500:
                    return None
                case 400 | 401 as status:
                    raise ValueError(status) from error
                case _:
                    raise
    return None


def ask_asserted():
    """Assert what the error is."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except anthropic.APIStatusError as error:
            assert error.status_code != 400, "our request is wrong"  # noqa: PT017 - as users write it
    return None
