"""The examples in the project's documents."""

import re


def read_examples(document: str) -> dict[str, str]:
    """Read the files in a document by name: each block of Python that begins with a name."""
    return dict(re.findall(r"```python\n# (\w+\.py)\n(.*?)```", document, flags=re.DOTALL))
