"""Imports LiteLLM, and tells it where the backend is. Executed by a cell's interpreter."""

import gc
import os

_CLOSED = "http://127.0.0.1:9"
"""An address at which nothing listens."""


def start():
    """Import LiteLLM without its downloads. Its calls don't retry unless they or its settings say so."""
    for name in ("MODEL_COST_MAP", "ANTHROPIC_BETA_HEADERS", "BLOG_POSTS"):
        os.environ["LITELLM_LOCAL_" + name] = "True"
    os.environ["ANTHROPIC_API_KEY"] = "sk-midstream"
    import litellm as module

    module.telemetry = False
    module.suppress_debug_info = True
    try:  # import what a call imports at first use, which takes seconds, by a call that can't connect
        direct(module, _CLOSED)
        module.completion(model="anthropic/any", messages=[{"role": "user", "content": "Hi"}], max_retries=0)
    except Exception:
        pass
    # A client that is collected closes its connections, and waits for ever for a lock that the call holds just then.
    gc.freeze()
    gc.disable()
    return module


def direct(module, base_url):
    """Let calls find the server, with new connections: those of an earlier call belong to a loop that has ended."""
    os.environ["ANTHROPIC_API_BASE"] = base_url + "/v1/messages"
    cache = getattr(module, "in_memory_llm_clients_cache", None)
    if hasattr(cache, "flush_cache"):
        cache.flush_cache()
    gc.collect()
