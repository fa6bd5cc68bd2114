"""What our processes ask of the system: not to outlive their parent, and to leave no copy of their memory behind."""

import ctypes
import os
import resource
import signal
import sys

# prctl(2)
PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 1, 4
# What a worker gets just before it is asked to end, so that streams without an end are ended first
DRAIN_SIGNAL = signal.SIGUSR1


def end_with_parent(parent: int) -> None:
    """Called in a child: SIGTERM when the parent dies, however it dies. `parent` is its pid, read before the fork.

    Elsewhere than on Linux nothing happens; there a killed supervisor leaves its children running.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died in between
        os.kill(os.getpid(), signal.SIGTERM)


def leave_no_core() -> None:
    """No core dump of this process and its children: what people sent passes through memory in plain text.

    The limit keeps a file from being written; a core handler behind a pipe gets nothing either (Linux: prctl(2),
    PR_SET_DUMPABLE, which also keeps debuggers of the same user out). An exec undoes that: call it in each process.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
