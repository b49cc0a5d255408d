"""The classes of errors after which another attempt may help."""

import anthropic

TRANSIENT = (anthropic.RateLimitError, anthropic.OverloadedError)
