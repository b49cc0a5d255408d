"""Compare the status of the cause of a failed call. Ours: the exception itself has none."""

from instructor.exceptions import InstructorRetryException


def ask(create):
    try:
        return list(create())
    except InstructorRetryException as e:
        error = e.__cause__ or e.__context__
        if getattr(error, "status_code", None) in (429, 500, 502, 503, 504, 529):
            return "retry"
        raise
