"""The control: makes the SDK give an error inside a stream its documented status, by its message.

The harness copies it into the `ollama` package of one cell, whose errors in a stream must then be right by the
documented yardstick. If they are not, the harness would not recognise a right answer, and the run is not trusted.
"""

DOCUMENTED_STATUS = {}


def patch(ollama):
    """Patch the class of errors of an imported SDK: it is made without a status for an error in a stream.

    A module without this class raises a `KeyError`: an SDK in which nothing was patched is no control.
    """
    kind = ollama["ResponseError"]
    make = kind.__init__

    def made(self, error, *args, **kwargs):
        make(self, error, *args, **kwargs)
        if not args and not kwargs:
            self.status_code = DOCUMENTED_STATUS.get(self.error, self.status_code)

    kind.__init__ = made
