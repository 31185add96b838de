"""E-mail through a server of the environment: OPTIMIZER_SMTP, and its user and password.

OPTIMIZER_SMTP is `smtps://host:465`, `smtp://host:587` (which must offer TLS), or on this machine `smtp://localhost`.
OPTIMIZER_SMTP_USER and OPTIMIZER_SMTP_PASSWORD log in, OPTIMIZER_SMTP_FROM is the sender.
"""

import os
import smtplib
import ssl
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from optimizer.announce.announcement import AnnounceError, Announcement
from optimizer.errors import UsageError

SERVER, USER, PASSWORD, SENDER = (f"OPTIMIZER_SMTP{part}" for part in ("", "_USER", "_PASSWORD", "_FROM"))
LOOPBACK = ("localhost", "127.0.0.1", "::1")
SECONDS = 30.0


@dataclass(frozen=True)
class Mail:
    """Recipients and the server that takes the mail; `secure` from the first byte, else by STARTTLS."""

    recipients: tuple[str, ...]
    host: str
    port: int
    secure: bool
    sender: str

    @classmethod
    def to(cls, target: str) -> "Mail":
        """The mail of a `mailto:` address with one recipient or several. Raises UsageError."""
        recipients = tuple(unquote(one).strip() for one in target.removeprefix("mailto:").split(","))
        for one in recipients:
            _check(one, "--announce mailto:")
        given = os.environ.get(SERVER, "")
        try:
            parts = urlsplit(given)
            host, port = parts.hostname, parts.port
        except ValueError:
            parts, host, port = urlsplit(""), None, None
        if host is None or parts.scheme not in ("smtp", "smtps"):
            raise UsageError(f"mail needs a server. Fix: set {SERVER}, such as smtp://mail.example.com:587")
        if parts.password is not None:
            raise UsageError(f"{SERVER} holds a password. Fix: set {USER} and {PASSWORD} instead")
        sender = os.environ.get(SENDER) or recipients[0]
        _check(sender, SENDER)
        secure = parts.scheme == "smtps"
        return cls(recipients, host, port or (465 if secure else 587), secure, sender)

    @property
    def shown(self) -> str:
        return f"mail to {', '.join(self.recipients)}"

    def send(self, announcement: Announcement) -> None:
        """Hand it to the server; a password never goes over a line that is not encrypted, but on this machine."""
        message = EmailMessage()
        message["Subject"], message["From"] = announcement.line, self.sender
        message["To"] = ", ".join(self.recipients)
        message.set_content(announcement.text)
        try:
            with self._server() as server:
                user = os.environ.get(USER)
                if user:
                    server.login(user, os.environ.get(PASSWORD, ""))
                server.send_message(message)
        except smtplib.SMTPAuthenticationError as error:
            raise AnnounceError(f"the server {self.host} refused the login. Fix: check {USER}, {PASSWORD}") from error
        except (smtplib.SMTPException, OSError, MessageError) as error:
            reason = type(error).__name__ if isinstance(error, smtplib.SMTPException) else str(error)
            raise AnnounceError(f"the server {self.host} took no mail ({reason}). Fix: check {SERVER}") from error

    def _server(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.secure:
            return smtplib.SMTP_SSL(self.host, self.port, timeout=SECONDS, context=context)
        server = smtplib.SMTP(self.host, self.port, timeout=SECONDS)
        try:
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=context)
            elif self.host not in LOOPBACK:
                raise AnnounceError(
                    f"the server {self.host} offers no encryption. Fix: set {SERVER} to one that does (smtps://)"
                )
        except BaseException:
            server.close()
            raise
        return server


def _check(text: str, where: str) -> None:
    try:
        parsed = Address(addr_spec=text)
        good = bool(parsed.username and parsed.domain) and text.isprintable()
    except (ValueError, MessageError, IndexError):
        good = False
    if not good:
        raise UsageError(f"{where} {text!r} is not an address such as team@example.com")
