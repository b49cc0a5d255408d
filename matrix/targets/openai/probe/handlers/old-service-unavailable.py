"""Catch the class of an unavailable service of releases before 1.0. Seen in many apps."""

import openai


def ask(create):
    try:
        return list(create())
    except openai.error.ServiceUnavailableError:
        return "retry"
