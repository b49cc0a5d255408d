"""The surfaces of the Groq SDK under test: each call on each client."""

from probe_chat import ATTRIBUTES, Delivered, preparation, surfaces

__all__ = ["ATTRIBUTES", "SURFACES", "Delivered", "prepare"]

SURFACES = surfaces("Groq")
prepare = preparation("Groq")
