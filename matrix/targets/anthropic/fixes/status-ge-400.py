from midstream.remedy import explain, guard


class ModelHTTPError(Exception):
    pass


def request(create):
    try:
        return list(guard(create()))
    except Exception as e:
        raise ModelHTTPError(explain(e).status) from e


def ask(create):
    try:
        return request(create)
    except ModelHTTPError as e:
        if explain(e.__cause__).retryable:
            return "retry"
        raise e.__cause__
