"""The exception classes of a release, as far as its record shows which it has and which it lacks. Pure."""

from functools import cached_property

from matrix.observation import Behaviour, Raised
from matrix.targets.names import is_within
from matrix.targets.target import Target


class RecordedClasses:
    """The exception classes of a release.

    Args:
        target: The target.
        behaviour: Every observation of the release.
    """

    def __init__(self, target: Target, behaviour: Behaviour) -> None:
        self._target = target
        self._behaviour = behaviour

    @cached_property
    def raised(self) -> list[Raised]:
        """Every exception that was raised, one of each class."""
        by_name = {each.exception.name: each.exception for each in self._behaviour.values() if each.exception}
        return list(by_name.values())

    @cached_property
    def _seen(self) -> dict[str, bool]:
        """Every class that was raised or is a base of one, by its last name, to whether it is exported."""
        classes, seen = self._target.classes, dict[str, bool]()
        for raised in self.raised:
            for index, name in enumerate(_list_names(raised)):
                if is_within(name, self._target.module):
                    last = name.rpartition(".")[2]
                    is_public = not classes.module and last not in classes.unexported and "._" not in name
                    exported = is_public if index else raised.exported  # its base may have the same name
                    seen[last] = seen.get(last, False) or exported
        return seen

    @cached_property
    def _inner(self) -> frozenset[str]:
        """The name of every such class in its module, and in the modules around that, but the package itself."""
        inner = set()
        for raised in self.raised:
            for name in _list_names(raised):
                module, _, last = name.rpartition(".")
                while is_within(module, self._target.module) and module != self._target.module:
                    inner.add(f"{module}.{last}")
                    module = module.rpartition(".")[0]
        return frozenset(inner)

    @cached_property
    def _played_statuses(self) -> frozenset[int]:
        return frozenset(
            status
            for raised in self.raised
            if isinstance(status := raised.attributes.get("status_code"), int) and status >= 400
        )

    def lacks(self, name: str) -> bool | None:
        """Return whether the release lacks an exception class, by its dotted name; None if that is not known."""
        package, _, last = name.rpartition(".")
        if (parent := name.partition(".")[0]) in self._target.classes.parents:
            return self._lacks_of_parent(parent, name)
        known = self._lacks_former_name(package, last)
        if known is not None:
            return known
        if package in self._target.classes.reexports:
            return None
        if name in self._inner:
            return False
        if last in self._seen:
            return not self._seen[last] and "._" not in name
        classes = self._target.classes
        if last in classes.inherited and is_within(name, self._target.module):
            return True
        if last in classes.later and self._seen:
            return True
        if last in {classes.base, classes.root, classes.status, classes.connection, classes.timeout}:
            return False
        statuses = {status for status, names in classes.by_status.items() if last in names}
        if statuses:
            return True if statuses <= self._played_statuses else self._lacks_unplayed(last)
        return None

    @cached_property
    def _behind(self) -> frozenset[str]:
        """The name of every class that was raised, is a base of one, or is that of a cause."""
        observed = [each.exception for each in self._behaviour.values() if each.exception]
        return frozenset(
            name for raised in observed for name in (*_list_names(raised), *(cause.name for cause in raised.causes))
        )

    def _lacks_of_parent(self, parent: str, name: str) -> bool | None:
        """Return whether a package whose classes the release raises lacks one; None if that is not known.

        It lacks a class of which only a private one was raised, and one for a status for which it raised others.
        """
        last = name.rpartition(".")[2]
        of_parent = {name for name in self._behind if is_within(name, parent)}
        if seen := {each for each in of_parent if each.rpartition(".")[2] == last}:
            return name not in seen and "._" not in name and all("._" in each for each in seen)
        by_status = self._target.classes.by_status
        statuses = {status for status, names in by_status.items() if last in names}
        raised_others = {
            status
            for raised in self.raised
            if (status := raised.attributes.get("status_code")) in statuses
            if any(each.rpartition(".")[2] in by_status[status] for each in of_parent.intersection(_list_names(raised)))
        }
        return True if statuses and statuses == raised_others else None

    def _lacks_former_name(self, package: str, last: str) -> bool | None:
        """Return whether a release lacks a name because classes had another module once; None if that says nothing."""
        classes = self._target.classes
        if not classes.former_module:
            return None
        if package == self._former_module:
            return not self._is_former
        if not self._is_former:  # a name that stands for one of today may have got another meaning
            reused = {name for names in classes.older.values() for name in names}
            return True if last in classes.former - reused else None
        return not self._seen.get(last, last in classes.former) if package == self._target.module else None

    @property
    def _former_module(self) -> str:
        return f"{self._target.module}.{self._target.classes.former_module}"

    @cached_property
    def _is_former(self) -> bool:
        """Whether the classes of the release are in the module that old releases have."""
        names = (name for raised in self.raised for name in _list_names(raised))
        return any(name.rpartition(".")[0] == self._former_module for name in names)

    def lacks_module(self, name: str) -> bool:
        """Return whether a release lacks a module of the package that only old releases have."""
        has_had = bool(self._target.classes.former_module) and bool(self.raised)
        return has_had and name == self._former_module and not self._is_former

    def _lacks_unplayed(self, last: str) -> bool | None:
        """Return False of a class whose status was not played, if it is the only one for that status."""
        classes = self._target.classes
        siblings = [names for names in classes.by_status.values() if last in names]
        return False if any(names[0] == last and len(names) == 1 for names in siblings) else None


def _list_names(raised: Raised) -> tuple[str, ...]:
    """List the dotted names of the class of an exception and of its base classes."""
    return raised.name, *raised.bases
