"""Require the part that says that the answer is done, and call again without one. Seen in ollama-js and cadis."""


def ask(create):
    done = False
    for part in create():
        done = part["done"] or done
    if not done:
        return "retry"
