"""What the service has to do with issues: `list OPENED REFUSED` says which exist, `open ISSUES` opens what is wanted.

I/O, by way of `gh`, which is told everything as a list of arguments and reads bodies from files: no text of the data
passes through a shell. `matrix` decides what to open; this only asks and does.
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
}
"""Every label that an issue of ours may have, to its colour."""

_LIST = ("issue", "list", "--app", "github-actions", "--limit", "1000", "--json", "title,body")
"""Of our own: an issue by somebody else, with a mark in it, is to keep us from nothing."""


def main(arguments: list[str]) -> int:
    """Do what is asked for; the exit code."""
    match arguments:
        case ["list", opened, refused]:
            # A change is told once, for ever; a refusal is told again once its issue was closed.
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
    """Open one issue, with its labels, which are made if there are none."""
    for label in labels:
        gh("label", "create", label, "--color", LABELS[label], "--force")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "body.md"
        file.write_text(body, encoding="utf-8")
        named = [f"--label={label}" for label in labels]
        print(gh("issue", "create", f"--title={title}", f"--body-file={file}", *named).strip())


def gh(*arguments: str) -> str:
    """What GitHub's command line prints."""
    return subprocess.run(["gh", *arguments], check=True, stdout=subprocess.PIPE, text=True, encoding="utf-8").stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
