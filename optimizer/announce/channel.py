"""Where an announcement goes: `mailto:`, `https:`, or `env:NAME`, an address that the environment keeps."""

import os
from collections.abc import Iterable
from typing import Protocol
from urllib.parse import urlsplit

from optimizer.announce.announcement import Announcement
from optimizer.announce.mail import Mail
from optimizer.announce.webhook import Webhook
from optimizer.errors import UsageError

LOOPBACK = ("localhost", "127.0.0.1", "::1")
CURE = "Fix: give mailto:NAME@HOST, https://..., or env:NAME for an address in the environment"


class Channel(Protocol):
    """A way to announce. `shown` is its address without what may be secret in it."""

    @property
    def shown(self) -> str: ...

    def send(self, announcement: Announcement) -> None:
        """Deliver it. Raises AnnounceError, in words without secrets, when it was not taken."""
        ...


def channels(targets: Iterable[str]) -> tuple[Channel, ...]:
    """The channel of each address. Raises UsageError before anything is solved when one cannot work."""
    return tuple(_channel(_found(target), target) for target in targets)


def _found(target: str) -> str:
    """The address itself, which `env:NAME` keeps in the environment."""
    if not target.startswith("env:"):
        return target
    name = target.removeprefix("env:")
    if not os.environ.get(name):
        raise UsageError(f"--announce {target}: the environment has no {name}. Fix: set it to an address")
    return os.environ[name]


def _channel(target: str, told: str) -> Channel:
    """`told` is how the user named the address, which may be shown where it only names a variable."""
    if target.startswith("mailto:"):
        return Mail.to(target)
    try:
        parts = urlsplit(target)
        host, scheme = parts.hostname, parts.scheme
    except ValueError:
        host, scheme = None, ""
    shown = told if told != target or told.startswith("env:") else f"of {host}" if host else "of a text, no address,"
    if host and (scheme == "https" or (scheme == "http" and host in LOOPBACK)):
        return Webhook(target, shown.removeprefix("of "))
    reason = "would be read by others on its way over http" if scheme == "http" else "cannot be sent"
    raise UsageError(f"--announce {shown} {reason}. {CURE}")
