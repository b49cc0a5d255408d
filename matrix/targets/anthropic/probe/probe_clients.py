"""How each client of the SDK is made, as its users make it: on a given base URL, with credentials that nobody checks.

A client that a release lacks is unsupported; that is found by looking, never by version number.
"""

_KEY = "sk-midstream"
_PATIENCE = 60.0
"""Seconds that a client waits for the server; longer than any deadline, so that a hang is a hang and never looks like
the client's own timeout."""


class Unsupported(Exception):
    """The release lacks the client or the method, and is not asked for it again."""


CREDENTIALS = {
    "Anthropic": {"api_key": _KEY},
    "AnthropicBedrock": {"aws_access_key": "midstream", "aws_secret_key": "midstream", "aws_region": "us-east-1"},
    "AnthropicVertex": {"access_token": "midstream", "project_id": "midstream", "region": "us-east5"},
    "AnthropicFoundry": {"api_key": _KEY},
    "AnthropicAWS": {"api_key": _KEY, "workspace_id": "midstream", "aws_region": "us-east-1"},
    "AnthropicBedrockMantle": {"api_key": _KEY, "aws_region": "us-east-1"},
    "AnthropicGoogleCloud": {"skip_auth": True},
}
"""Client class to the arguments with which it asks no other server for credentials."""


def client_maker(name, http_client=None):
    """Return a function that makes the client of this name; `http_client` names a class of the SDK to put under it."""
    credentials = CREDENTIALS[name.replace("Async", "")]

    def make(anthropic, base_url, timeout=_PATIENCE):
        kind = getattr(anthropic, name, None)
        if kind is None or (http_client is not None and not hasattr(anthropic, http_client)):
            raise Unsupported(name)
        more = {"http_client": getattr(anthropic, http_client)()} if http_client else {}
        return kind(base_url=base_url, max_retries=0, timeout=timeout, **credentials, **more)

    return make


def make_old_client(anthropic, base_url, timeout=_PATIENCE):
    """Make the client of releases before 0.3.

    It joins its `api_url` with a path as a browser follows a link, and before 0.2.9 that drops the path of the base
    URL. The path tells the backend what to play, so it is the API key too.
    """
    kind = getattr(anthropic, "Client", None)
    if kind is None or not hasattr(kind, "completion_stream"):  # later releases have another class of this name
        raise Unsupported("Client.completion_stream")
    path = "/" + base_url.split("/", 3)[3]
    return kind(path, api_url=base_url + "/", default_request_timeout=timeout)


def close(client):
    """Close a client, if it can be closed. A fault of closing is no fault of the call."""
    try:
        return client.close()
    except Exception:
        return None
