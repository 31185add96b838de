"""A webhook: the document as JSON, posted once, signed where OPTIMIZER_WEBHOOK_SECRET is set."""

import hashlib
import hmac
import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from optimizer.announce.announcement import AnnounceError, Announcement

SECRET = "OPTIMIZER_WEBHOOK_SECRET"
SIGNATURE = "X-Optimizer-Signature-256"
SECONDS = 30.0


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nobody: what is announced goes where it was addressed, or nowhere."""

    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass(frozen=True)
class Webhook:
    """An address, which may be a secret of its own, and what may be shown of it."""

    url: str = field(repr=False)
    name: str

    @property
    def shown(self) -> str:
        return f"webhook {self.name}"

    def send(self, announcement: Announcement) -> None:
        """Post `{"text": ..., "document": ...}`. Raises AnnounceError for every answer but a 2xx."""
        content = {"text": f"{announcement.line}\n\n{announcement.text}", "document": announcement.document}
        body = json.dumps(content, default=str).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"}, method="POST")
        secret = os.environ.get(SECRET)
        if secret:
            digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
            request.add_header(SIGNATURE, f"sha256={digest}")
        try:
            with urllib.request.build_opener(_Stay).open(request, timeout=SECONDS):
                pass
        except urllib.error.HTTPError as error:
            raise AnnounceError(f"{self.shown} answered {error.code}. Fix: check its address") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", None) or type(error).__name__
            raise AnnounceError(f"{self.shown} cannot be reached ({reason}). Fix: check its address") from error
