"""What each release of the Anthropic Python SDK raises when a stream fails after HTTP 200."""

__version__ = "1.0.0rc1"
