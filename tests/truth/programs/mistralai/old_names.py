"""Names of releases before 2.0, which later ones lack."""

from mistralai.client import Mistral

client = Mistral()
Q = [{"role": "user", "content": "Hi"}]


def ask_models():
    """Import the class from the module that had it."""
    from mistralai.models import SDKError

    try:
        return list(client.chat.stream(model="m", messages=Q))
    except SDKError:
        return None
