"""What the operating system and TLS say when a request fails, as outcomes of the contract and words for people."""

from __future__ import annotations

import errno
import os
import resource
import ssl

from loadsim.measure.sample import Outcome

_BY_ERRNO = {
    errno.ECONNREFUSED: Outcome.CONNECT_REFUSED,
    errno.EHOSTUNREACH: Outcome.CONNECT_REFUSED,
    errno.ENETUNREACH: Outcome.CONNECT_REFUSED,
    errno.EACCES: Outcome.CONNECT_REFUSED,  # a local firewall's way to say no
    errno.EPERM: Outcome.CONNECT_REFUSED,
    errno.ECONNRESET: Outcome.RESET,
    errno.ECONNABORTED: Outcome.RESET,
    errno.EPIPE: Outcome.RESET,
}


def outcome_of(error: OSError, *, opening: bool) -> Outcome:
    """Return the outcome for ``error``; ``opening`` tells that the connection was still being made.

    What is the generator's own doing (no file descriptors, no ports, no memory) is ``EXCEPTION``: it says nothing about
    the target.
    """
    if isinstance(error, ssl.SSLError):
        return Outcome.TLS
    if error.errno == errno.ETIMEDOUT:  # the kernel gave up, before any deadline of ours
        return Outcome.CONNECT_TIMEOUT if opening else Outcome.TIMEOUT
    return _BY_ERRNO.get(error.errno or 0, Outcome.EXCEPTION)


def describe(error: OSError) -> str:
    """Return one sentence about ``error``, which names the limit when the generator's machine is what ran out."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate does not verify: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {getattr(error, 'reason', None) or error.args[-1]}"
    if error.errno in (errno.EMFILE, errno.ENFILE):
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        return (
            f"out of file descriptors (at most {limit} in this process, ulimit -n): raise it, "
            "or lower --max-in-flight or --users, or use more --workers"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return (
            "out of local ports: closed connections hold theirs for a minute (net.ipv4.ip_local_port_range); "
            "use --connections reuse, or give the target more addresses"
        )
    return os.strerror(error.errno) if error.errno else str(error) or type(error).__name__
