"""The surfaces of the Together SDK under test: each call on each client."""

from probe_chat import ATTRIBUTES, Delivered, preparation, surfaces

__all__ = ["ATTRIBUTES", "SURFACES", "Delivered", "prepare"]

SURFACES = surfaces("Together")
prepare = preparation("Together")
