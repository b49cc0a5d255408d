"""Retry on the SDK's class of a busy server. Seen in the manual of the Acme SDK."""

import acme_llm


def ask(create):
    try:
        return list(create())
    except acme_llm.BusyError:
        return "retry"
