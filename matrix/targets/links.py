"""The public pages about a target. Pure."""

from collections.abc import Mapping

import msgspec


class Links(msgspec.Struct, frozen=True, kw_only=True):
    """Public pages about a target.

    Attributes:
        repository: The source repository of the package.
        errors: The API's page about error types and their statuses.
        streaming: The API's page about streams.
        handling: The package's documentation of its exceptions.
        tag_prefix: The text before the version in the repository's tags.
        prefixed_since: The first release whose tag begins with it; earlier tags begin with `v`. Empty for all.
        ideals: The sources of ideals that differ from what most packages document, each in words and with its public
            page, which is empty if the ideal is ours: of `error`, the class of every error, of `connection`, the class
            of a lost connection, and of `retry`, what the client retries.
    """

    repository: str
    errors: str
    streaming: str
    handling: str
    tag_prefix: str = "v"
    prefixed_since: str = ""
    ideals: Mapping[str, tuple[str, str]] = {}

    def release(self, version: str) -> str:
        """Return the address of a release in the repository."""
        return f"{self.repository}/releases/tag/{self._tag(version)}"

    def diff(self, before: str, after: str) -> str:
        """Return the address of what the repository changed between two releases."""
        return f"{self.repository}/compare/{self._tag(before)}...{self._tag(after)}"

    def _tag(self, version: str) -> str:
        """Return the tag of a release."""
        from packaging.version import Version  # most commands link to no release

        is_old = self.prefixed_since and Version(version) < Version(self.prefixed_since)
        return f"{'v' if is_old else self.tag_prefix}{version}"
