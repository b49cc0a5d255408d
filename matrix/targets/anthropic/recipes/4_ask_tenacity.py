"""tenacity: it retries what a retry can fix."""

from tenacity import retry, retry_if_exception, stop_after_attempt, wait_random_exponential

from midstream.remedy import explain, guard


@retry(
    retry=retry_if_exception(lambda error: explain(error).retryable),
    stop=stop_after_attempt(3),
    wait=wait_random_exponential(max=30),
    reraise=True,
)
def ask(client, question):
    """Return the complete answer."""
    messages = [{"role": "user", "content": question}]
    with client.messages.stream(model="your-model", max_tokens=1000, messages=messages) as stream:
        return "".join(guard(stream).text_stream)
