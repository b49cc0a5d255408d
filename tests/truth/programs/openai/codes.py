"""Clauses that tell errors apart by code, type, parameter and body, as the OpenAI API names them."""

import time

import openai

client = openai.OpenAI()
Q = [{"role": "user", "content": "Hi"}]
BUSY = {"rate_limit_exceeded", "server_is_overloaded", "server_error"}


def ask_code():
    """Retry codes."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError as error:
            if error.code not in BUSY:
                raise
            time.sleep(1)
    raise RuntimeError("no answer")


def ask_code_or_type():
    """Retry what the code or the type says."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError as error:
            if (error.code or error.type) in BUSY:
                continue
            raise
    raise RuntimeError("no answer")


def ask_quota():
    """Retry limits, and not a quota that is used up."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.RateLimitError as error:
            if error.code == "insufficient_quota" or "quota" in str(error):
                raise
            time.sleep(1)
    raise RuntimeError("no answer")


def ask_status_or_none():
    """Read a status that errors inside a stream do not have."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError as error:
            status = getattr(error, "status_code", None)
            if status is not None and status < 429:
                raise
    raise RuntimeError("no answer")


def ask_bare_status():
    """Read a status without asking whether there is one."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError as error:
            if error.status_code == 429:
                continue
            raise
    raise RuntimeError("no answer")


def ask_body():
    """Look into the body."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError as error:
            body = error.body if isinstance(error.body, dict) else {}
            if body.get("type") != "server_error" and body.get("code") != "rate_limit_exceeded":
                return body.get("message")
    raise RuntimeError("no answer")


def ask_response_json():
    """Parse the response of an error with a status."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError as error:
            if error.response.json()["error"]["code"] == "rate_limit_exceeded":
                continue
            raise
    raise RuntimeError("no answer")


def ask_response_text():
    """Search the text of the response."""
    for _ in range(3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError as error:
            if "overloaded" not in error.response.text:
                raise
    raise RuntimeError("no answer")


def ask_param():
    """Tell a parameter that the API names."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except openai.APIError as error:
        if error.param:
            raise ValueError(error.param) from error
        return error.message


def ask_request_id():
    """Raise with the id of the request, which errors inside a stream lack."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except openai.APIError as error:
        raise LookupError(error.request_id) from error
