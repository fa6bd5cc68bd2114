"""Child processes that do not outlive their parent (Linux: prctl(2), PR_SET_PDEATHSIG)."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
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
