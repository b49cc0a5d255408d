from typing import NoReturn

from midstream.remedy import explain, guard


class ModelProviderError(Exception):
    pass


class ModelRateLimitError(ModelProviderError):
    pass


def handle_error(e) -> NoReturn:
    if explain(e).retryable:
        raise ModelRateLimitError(str(e)) from e
    raise ModelProviderError(str(e)) from e


def request(create):
    try:
        return list(guard(create()))
    except Exception as e:
        handle_error(e)


def ask(create):
    try:
        return request(create)
    except ModelRateLimitError:
        return "retry"
    except ModelProviderError as e:
        raise e.__cause__
