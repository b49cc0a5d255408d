"""Calls in expressions that may skip them."""

import openai

client = openai.OpenAI()
OPTIONS = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


def ask_chosen(fast=True):
    """Make one of two calls."""
    try:
        return (
            client.chat.completions.create(**OPTIONS)
            if fast
            else client.with_options(timeout=9).chat.completions.create(**OPTIONS)
        )
    except openai.APIError as error:
        raise ValueError("failed") from error


def ask_listed(prompts=("Hi",)):
    """Read a stream for each prompt."""
    for _ in range(2):
        try:
            return [list(client.chat.completions.create(**OPTIONS, stream=True)) for _ in prompts]
        except openai.APIStatusError as error:
            if error.status_code < 429:
                raise
    return None


def ask_mapped(prompts=("Hi",)):
    """Ask for each prompt that is not empty."""
    try:
        return {prompt: client.chat.completions.create(**OPTIONS) for prompt in prompts if prompt}
    except openai.RateLimitError:
        return {}


def ask_operand(prompt="Hi"):
    """Ask if there is something to ask."""
    try:
        return prompt and client.chat.completions.create(**OPTIONS)
    except openai.APIError as error:
        raise ValueError("failed") from error


def ask_assigned(prompt="Hi", attempts=2):
    """Ask again by a conditional expression."""
    answer = None
    for _ in range(attempts):
        try:
            answer = list(client.chat.completions.create(**OPTIONS, stream=True)) if prompt else []
        except (openai.RateLimitError, openai.InternalServerError):
            continue
        break
    return answer
