"""Parse a user's JSON, with the lines that mention the target. Pure."""

import json

from matrix.manifests.draft import Draft, describe
from matrix.manifests.mentions import Document, parse


def read(source: str, draft: Draft, hint: str) -> Document:
    """Parse a text that contains an object; report to the draft why it can't be parsed.

    Args:
        source: The text.
        draft: The draft that gets the problem.
        hint: What to do about a text that can't be parsed.
    """
    try:
        document, lines = parse(source, json.loads, draft.target.package)
    except json.JSONDecodeError as error:
        draft.report(f"The file is not valid JSON: {error.msg}.", hint, line=error.lineno)
    except (ValueError, RecursionError):
        draft.report("The JSON can't be read: it is nested too deeply, or a number in it has too many digits.", hint)
    else:
        if isinstance(document, dict):
            return Document(document, lines)
        draft.report(f"The file must contain an object, but contains {describe(document)}.", hint)
    return Document({}, {})
