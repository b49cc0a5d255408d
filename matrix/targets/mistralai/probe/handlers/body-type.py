"""Read the type of an error from the body of any error of the SDK. Ours: an error in a stream has it there only."""

import json

from mistralai.client.errors import MistralError

RETRYABLE = {"rate_limited", "internal_server_error", "service_tier_capacity_exceeded"}


def ask(create):
    try:
        return list(create())
    except MistralError as e:
        try:
            data = json.loads(e.body)
        except ValueError:
            raise e from None
        event = data.get("data", data)
        error = event.get("error", data) if isinstance(event, dict) else data
        if error.get("type") in RETRYABLE:
            return "retry"
        raise
