"""Code for releases before 1.0, on newer ones."""

import openai

client = openai.OpenAI()
Q = [{"role": "user", "content": "Hi"}]


def ask_old_module():
    """Name a class of the module that is gone."""
    for _ in range(2):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.error.RateLimitError:
            continue
    return None


def ask_late():
    """Import the module that is gone."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except openai.APIError as problem:
        from openai.error import RateLimitError

        if isinstance(problem, RateLimitError):
            return None
        raise
