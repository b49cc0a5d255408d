"""Look for x_groq.error in every chunk, and call again if there is one. Seen in inspect_ai."""


def ask(create):
    for chunk in create():
        if chunk.x_groq is not None and chunk.x_groq.error:
            return "retry"
