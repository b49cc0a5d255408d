"""Calls in expressions that may skip them."""

import anthropic

client = anthropic.Anthropic()
OPTIONS = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}


def ask_chosen(fast=True):
    """Make one of two calls."""
    try:
        return client.messages.create(**OPTIONS) if fast else client.beta.messages.create(**OPTIONS)
    except anthropic.APIError as error:
        raise ValueError("failed") from error


def ask_listed(prompts=("Hi",)):
    """Read a stream for each prompt."""
    for _ in range(2):
        try:
            return [list(client.messages.create(**OPTIONS, stream=True)) for _ in prompts]
        except anthropic.APIStatusError as error:
            if error.status_code < 429:
                raise
    return None


def ask_mapped(prompts=("Hi",)):
    """Ask for each prompt that is not empty."""
    try:
        return {prompt: client.messages.create(**OPTIONS) for prompt in prompts if prompt}
    except anthropic.RateLimitError:
        return {}


def ask_operand(prompt="Hi"):
    """Ask if there is something to ask."""
    try:
        return prompt and client.messages.create(**OPTIONS)
    except anthropic.APIError as error:
        raise ValueError("failed") from error


def ask_assigned(prompt="Hi", attempts=2):
    """Ask again by a conditional expression."""
    answer = None
    for _ in range(attempts):
        try:
            answer = list(client.messages.create(**OPTIONS, stream=True)) if prompt else []
        except (anthropic.RateLimitError, anthropic.InternalServerError):
            continue
        break
    return answer
