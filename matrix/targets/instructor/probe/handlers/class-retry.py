"""Catch the exception that wraps all errors of a call. Seen in Instructor's documentation."""

from instructor.exceptions import InstructorRetryException


def ask(create):
    try:
        return list(create())
    except InstructorRetryException:
        return "retry"
