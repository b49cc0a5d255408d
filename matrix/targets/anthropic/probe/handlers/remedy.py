"""Guard the stream, and ask what the failure means. Ours: midstream/remedy.py."""

from remedy import explain, guard


def ask(create):
    try:
        return list(guard(create()))
    except Exception as error:
        if explain(error).retryable:
            return "retry"
        raise
