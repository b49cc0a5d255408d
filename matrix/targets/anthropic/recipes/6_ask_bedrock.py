"""Amazon Bedrock: the type of an error is an exception type of AWS, such as throttlingException."""

import time

from midstream.remedy import explain, guard


def ask(client, question, attempts=3, pause=1.0):
    """Return the complete answer of an AnthropicBedrock client."""
    messages = [{"role": "user", "content": question}]
    for attempt in range(1, attempts + 1):
        try:
            stream = client.messages.create(model="your-model", max_tokens=1000, messages=messages, stream=True)
            return "".join(guard(stream).text_stream)
        except Exception as error:
            failure = explain(error)
            if attempt == attempts or not failure.retryable:
                raise
            slower = 10 if failure.error_type == "throttlingException" else 1
            time.sleep(pause * slower * 2**attempt)
