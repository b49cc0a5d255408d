"""A class by a name that the package does not export."""

from google import genai

client = genai.Client()


def ask_not_exported():
    """Name the base class as if the package exported it."""
    try:
        return list(client.models.generate_content_stream(model="m", contents="Hi"))
    except genai.APIError:
        return None
