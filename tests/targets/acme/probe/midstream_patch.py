"""The control: what the SDK would be if it mapped an error inside a stream to its documented status."""

DOCUMENTED_STATUS = {}


def patch(acme_llm):
    """Patch an imported SDK."""

    def error_in_stream(body):
        return acme_llm["error_of"](DOCUMENTED_STATUS[body["error"]["type"]], body)

    acme_llm["error_in_stream"] = error_in_stream
