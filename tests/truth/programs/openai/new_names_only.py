"""Code for releases from 1.0, on a release before."""

import openai

RELEASES = "<1"
Q = [{"role": "user", "content": "Hi"}]


def ask_new_class():
    """Name a class that only newer releases have."""
    try:
        return list(openai.ChatCompletion.create(model="m", messages=Q, stream=True))
    except openai.APIStatusError:
        return None


def ask_old_name():
    """Name a class where only newer releases have it."""
    for _ in range(2):
        try:
            return list(openai.ChatCompletion.create(model="m", messages=Q, stream=True))
        except openai.RateLimitError:
            continue
    return None
