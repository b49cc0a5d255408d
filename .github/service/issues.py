"""Lists and opens issues: `issues.py list OPENED REFUSED` writes two lists, `issues.py open ISSUES` opens a list.

I/O, by way of `gh`. It takes each text as an argument or from a file, so that no text of the data passes through a
shell. `matrix` decides which issues to open.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

LABELS = {
    "midstream": "1d76db",
    "new-behaviour": "d93f0b",
    "unusable": "b60205",
    "refused": "fbca04",
    "held": "c5def5",
}
"""Every label that the service may set, to its colour."""

_LIST = ("issue", "list", "--app", "github-actions", "--limit", "1000", "--json", "title,body")
"""List only issues of the service: a mark in another person's issue must not stop the service from opening one."""


def main(arguments: list[str]) -> int:
    """List or open issues, and return the exit code."""
    match arguments:
        case ["list", opened, refused]:
            # Announce a change only once, but a refusal again after its issue was closed.
            Path(opened).write_text(gh(*_LIST, "--state", "all"), encoding="utf-8")
            Path(refused).write_text(gh(*_LIST, "--state", "open", "--label", "refused"), encoding="utf-8")
        case ["open", wanted]:
            for issue in json.loads(Path(wanted).read_text(encoding="utf-8")):
                create(issue["title"], issue["body"], [name for name in issue["labels"] if name in LABELS])
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


def create(title: str, body: str, labels: list[str]) -> None:
    """Open one issue, and create those of its labels that do not exist."""
    for label in labels:
        gh("label", "create", label, "--color", LABELS[label], "--force")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "body.md"
        file.write_text(body, encoding="utf-8")
        named = [f"--label={label}" for label in labels]
        print(gh("issue", "create", f"--title={title}", f"--body-file={file}", *named).strip())


def gh(*arguments: str) -> str:
    """Run GitHub's command line, and return its output."""
    return subprocess.run(["gh", *arguments], check=True, stdout=subprocess.PIPE, text=True, encoding="utf-8").stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
