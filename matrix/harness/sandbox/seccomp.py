"""The system calls that a sandbox denies, as a filter for the kernel.

A pure table and its translation to the kernel's filter language (classic BPF). Namespaces separate what a program sees;
the calls below reach past them: the user's keys, sockets between virtual machines, memory that no limit counts, new
namespaces with new rights, and parts of the kernel with a history of holes. Everything else stays allowed. A denied
call fails as on a kernel that lacks it, so that a library takes its usual way round.
"""

import errno
import struct
from collections.abc import Mapping
from typing import Final

import msgspec


class Architecture(msgspec.Struct, frozen=True):
    """The numbers that a filter needs for one processor.

    Attributes:
        audit: The kernel's name of the architecture (`AUDIT_ARCH_*`).
        denied: The numbers of the denied system calls, by name.
        clone: The number of `clone`.
        sockets: The numbers of `socket` and `socketpair`.
    """

    audit: int
    denied: Mapping[str, int]
    clone: int
    sockets: tuple[int, int]


_SAME_EVERYWHERE: Final = {
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "clone3": 435,  # its flags are in memory, which a filter can't read; the C libraries fall back to `clone`
    "memfd_secret": 447,
}

ARCHITECTURES: Final = {
    "x86_64": Architecture(
        audit=0xC000003E,
        denied=_SAME_EVERYWHERE
        | {
            "shmget": 29,
            "ptrace": 101,
            "add_key": 248,
            "request_key": 249,
            "keyctl": 250,
            "unshare": 272,
            "perf_event_open": 298,
            "setns": 308,
            "process_vm_readv": 310,
            "process_vm_writev": 311,
            "memfd_create": 319,
            "bpf": 321,
            "userfaultfd": 323,
        },
        clone=56,
        sockets=(41, 53),
    ),
    "aarch64": Architecture(
        audit=0xC00000B7,
        denied=_SAME_EVERYWHERE
        | {
            "unshare": 97,
            "ptrace": 117,
            "shmget": 194,
            "add_key": 217,
            "request_key": 218,
            "keyctl": 219,
            "perf_event_open": 241,
            "setns": 268,
            "process_vm_readv": 270,
            "process_vm_writev": 271,
            "memfd_create": 279,
            "bpf": 280,
            "userfaultfd": 282,
        },
        clone=220,
        sockets=(198, 199),
    ),
}
"""Name of a processor, as `uname -m` prints it, to its numbers."""

FAMILIES: Final = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16}
"""The families of sockets that a program may open. Python lists the network's interfaces over `AF_NETLINK`."""

_NEW_NAMESPACES = 0x7E020000
"""All flags of `clone` that make a namespace."""

_X32 = 0x40000000
"""The lowest number of a second set of system calls on x86_64."""

_NUMBER, _AUDIT, _FIRST_ARGUMENT = 0, 4, 16
"""Offsets in the kernel's description of a call; of an argument, the lower half on a little-endian machine."""

_LOAD, _AND, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_ALLOW = 0x7FFF0000
_FAIL = 0x00050000

_Instruction = tuple[int, int, int, int]
"""An operation, the instructions to skip if its comparison holds or not, and its operand."""


def make_filter(machine: str) -> bytes | None:
    """Make the filter for a processor; return None if its numbers are unknown.

    Args:
        machine: The name of the processor, as `platform.machine()` returns it.
    """
    architecture = ARCHITECTURES.get(machine)
    if architecture is None:
        return None
    lacking = (_RETURN, 0, 0, _FAIL | errno.ENOSYS)
    program: list[_Instruction] = [
        (_LOAD, 0, 0, _AUDIT),
        (_EQUAL, 1, 0, architecture.audit),
        lacking,  # a call in the manner of another processor, whose numbers mean other calls
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        lacking,
    ]
    for number in sorted(architecture.denied.values()):
        program += [(_EQUAL, 0, 1, number), lacking]
    program += [
        (_EQUAL, 0, 5, architecture.clone),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_AND, 0, 0, _NEW_NAMESPACES),
        (_EQUAL, 1, 0, 0),
        (_RETURN, 0, 0, _FAIL | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    families = sorted(FAMILIES.values())
    first, second = architecture.sockets
    program += [
        (_EQUAL, 1, 0, first),
        (_EQUAL, 0, len(families) + 2, second),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        *((_EQUAL, len(families) - place, 0, family) for place, family in enumerate(families)),
        (_RETURN, 0, 0, _FAIL | errno.EAFNOSUPPORT),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
