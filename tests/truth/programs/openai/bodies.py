"""Clauses that take the body, the response or the arguments of the error apart."""

import json

import openai

client = openai.OpenAI()
Q = [{"role": "user", "content": "Hi"}]


def ask_or_empty():
    """Look for the type with a default at each step."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError as error:
            body = error.body or {}
            kind = body.get("code") or body.get("type") if isinstance(body, dict) else None
            if kind not in ("server_is_overloaded", "server_error"):
                raise
    raise RuntimeError("no answer")


def ask_try_body():
    """Index the body, and catch what is missing."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError as error:
            try:
                kind = error.body["code"]
            except (TypeError, KeyError):
                kind = "unknown"
            if kind == "rate_limit_exceeded" or error.status_code == 503:
                continue
            raise
    raise RuntimeError("no answer")


def ask_match_body():
    """Match the body."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError as error:
            match error.body:
                case {"code": "server_is_overloaded" | "rate_limit_exceeded"}:
                    continue
                case _:
                    raise
    raise RuntimeError("no answer")


def ask_dumped():
    """Search the body as a text."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError as error:
            if "server_is_overloaded" not in json.dumps(error.body):
                raise
    raise RuntimeError("no answer")


def ask_arguments():
    """Search the first argument of the error."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError as error:
            if "verload" in error.args[0]:
                continue
            raise
    raise RuntimeError("no answer")


def ask_repr():
    """Search the representation of the error."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except Exception as error:
            if "503" in repr(error) or "RateLimitError" in repr(error):
                continue
            raise
    raise RuntimeError("no answer")


def ask_header_or_crash():
    """Index a header that many responses lack."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.RateLimitError as error:
            wait = int(error.response.headers["retry-after"])
            print(wait)
    raise RuntimeError("no answer")


def ask_header_with_default():
    """Read a header with a default."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError as error:
            wait = float(error.response.headers.get("retry-after", "1"))
            if wait > 60 or error.response.is_client_error:
                raise
    raise RuntimeError("no answer")


def ask_response_is_none():
    """Ask whether the error has a response."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError as error:
            response = getattr(error, "response", None)
            if response is not None and response.status_code != 429:
                return None
    raise RuntimeError("no answer")


def ask_formatted():
    """Look for a status in a text that is made of the error."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except Exception as error:
            text = f"{type(error).__name__}: {error}".lower()
            if any(word in text for word in ("ratelimit", "overloaded", "internalserver")):
                continue
            raise
    raise RuntimeError("no answer")


def ask_words():
    """Compare the beginning and the end of the text."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError as error:
            if str(error).startswith(("Error code: 429", "Error code: 5")):
                continue
            if not error.message:
                return ""
            raise
    raise RuntimeError("no answer")


def ask_request_id():
    """Raise an error with the id of the request, which some errors lack."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except openai.APIStatusError as error:
        raise LookupError(f"request {error.request_id} failed") from error
