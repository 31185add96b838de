"""Announcements: what goes out, to whom, and that no secret goes with it. Servers are real ones on this machine."""

import hashlib
import hmac
import json
import shutil
import socket
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from optimizer.announce import AnnounceError, Announcement, channels
from optimizer.cli.main import main
from optimizer.errors import Exit, UsageError

TUTORIAL = Path(__file__).resolve().parents[1] / "data" / "tutorial"
SECRET = "hunter2"
Shown = pytest.CaptureFixture[str]


class Hook:
    """A webhook that keeps what it is told and answers with `status`."""

    def __init__(self) -> None:
        self.status, self.seen = 204, list[tuple[dict[str, str], bytes]]()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.seen.append((dict(self.headers), body))
                self.send_response(hook.status)
                if hook.status == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/T0/{SECRET}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def hook() -> Iterator[Hook]:
    opened = Hook()
    yield opened
    opened.server.shutdown()
    opened.server.server_close()


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OPTIMIZER_STORE", str(tmp_path / "runs.db"))
    return Path(shutil.copytree(TUTORIAL, tmp_path / "case"))


def replan(case: Path, *words: str, as_of: str = "2027Q1") -> int:
    return main(["replan", str(case), "--as-of", as_of, *words])


def test_a_changed_plan_is_announced_with_its_diff_and_inputs(
    case: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch, capsys: Shown
) -> None:
    """Proves: what is material is told once, with the input that moved it and the decisions that changed, signed;
    what is not new or not material is not told.
    """
    monkeypatch.setenv("HOOK", hook.url)
    monkeypatch.setenv("OPTIMIZER_WEBHOOK_SECRET", SECRET)
    tell = ("--announce", "env:HOOK")
    assert replan(case, *tell) == Exit.CHANGED
    assert replan(case, *tell) == Exit.DONE
    assert len(hook.seen) == 1
    assert main(["approve", "1", "--why", "x"]) == Exit.DONE
    assert replan(case, *tell, as_of="2027Q2") == Exit.DONE
    assert len(hook.seen) == 1
    demand = case / "demand.csv"
    demand.write_text(demand.read_text().replace("chat,100,200,300,400", "chat,100,200,600,800"))
    assert replan(case, *tell, as_of="2027Q2") == Exit.CHANGED
    headers, body = hook.seen[1]
    told = json.loads(body)
    changed = {(one["table"], one["row"], one["column"]) for one in told["document"]["difference"]["inputs"]}
    assert changed == {("demand", "chat", "2027Q3"), ("demand", "chat", "2027Q4")}
    assert told["document"]["difference"]["decisions"]
    assert "demand chat 2027Q3" in told["text"]
    assert SECRET.encode() not in body
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Optimizer-Signature-256"] == f"sha256={digest}"
    captured = capsys.readouterr()
    assert SECRET not in captured.out + captured.err


@pytest.mark.parametrize("status", [500, 302, 404])
def test_a_lost_announcement_never_loses_the_run(
    status: int, case: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch, capsys: Shown
) -> None:
    """Proves: an answer that is not 2xx, also a redirect, exits with 8 and says so; the run is kept; the address, a
    secret of its own, is not shown.
    """
    monkeypatch.setenv("HOOK", hook.url)
    hook.status = status
    assert replan(case, "--announce", "env:HOOK") == Exit.OUTPUT
    shown = capsys.readouterr().err
    assert f"run 1 is kept, but was not announced: webhook env:HOOK answered {status}" in shown
    assert SECRET not in shown
    assert len(hook.seen) == 1
    assert main(["runs", "show", "1"]) == Exit.DONE


def test_nobody_at_the_address_is_told(case: Path, capsys: Shown) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert replan(case, "--announce", f"http://127.0.0.1:{taken.getsockname()[1]}/x") == Exit.OUTPUT
    assert "cannot be reached" in capsys.readouterr().err


class Post:
    """A mail server of one conversation, without encryption."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        peer, _ = self.socket.accept()
        with self.socket, peer, peer.makefile("rwb") as stream:
            stream.write(b"220 here\r\n")
            stream.flush()
            content = False
            for line in stream:
                self.lines.append(line)
                if content and line != b".\r\n":
                    continue
                if line.lower().startswith(b"data"):
                    answer, content = b"354 go on", True
                else:
                    answer, content = b"221 bye" if line.lower().startswith(b"quit") else b"250 taken", False
                stream.write(answer + b"\r\n")
                stream.flush()

    @property
    def mail(self):  # type: ignore[no-untyped-def]
        text = b"".join(self.lines)
        return message_from_bytes(text.partition(b"\r\n.\r\n")[0].partition(b"data\r\n")[2], policy=policy.default)


def test_mail_tells_everybody_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: one mail to all recipients; a title with a line end cannot add a header."""
    post = Post()
    monkeypatch.setenv("OPTIMIZER_SMTP", f"smtp://127.0.0.1:{post.port}")
    monkeypatch.setenv("OPTIMIZER_SMTP_FROM", "plans@example.com")
    (channel,) = channels(["mailto:a@example.com,b@example.com"])
    channel.send(Announcement("Plan\r\nBcc: thief@example.com", "chat 300 -> 600", {}))
    post.thread.join(10)
    assert post.mail["To"] == "a@example.com, b@example.com"
    assert post.mail["From"] == "plans@example.com"
    assert post.mail["Bcc"] is None
    assert "chat 300 -> 600" in post.mail.get_content()
    assert b"thief@example.com" not in b"".join(line for line in post.lines if line.lower().startswith(b"rcpt"))


def test_a_login_the_server_does_not_take_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: a server that offers no login gets no password, and the error does not hold it."""
    post = Post()
    monkeypatch.setenv("OPTIMIZER_SMTP", f"smtp://127.0.0.1:{post.port}")
    monkeypatch.setenv("OPTIMIZER_SMTP_USER", "me")
    monkeypatch.setenv("OPTIMIZER_SMTP_PASSWORD", SECRET)
    (channel,) = channels(["mailto:a@example.com"])
    with pytest.raises(AnnounceError) as error:
        channel.send(Announcement("s", "t", {}))
    assert SECRET not in str(error.value)
    assert SECRET.encode() not in b"".join(post.lines)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("http://hooks.example/T0/hunter2", "over http"),
        ("ftp://hooks.example/hunter2", "cannot be sent"),
        ("hunter2", "no address"),
        ("env:NOT_SET", "has no NOT_SET"),
        ("env:NESTED", "--announce env:NESTED"),
        ("mailto:nobody", "not an address"),
        ("mailto:a@example.com\nb", "not an address"),
        ("mailto:a@example.com", "mail needs a server"),
        ("https://[hunter2", "no address"),
    ],
)
def test_an_address_that_cannot_work_is_refused_before_anything_is_solved(
    target: str, said: str, case: Path, monkeypatch: pytest.MonkeyPatch, capsys: Shown
) -> None:
    """Proves: exit 2 with the cure, nothing kept, and nothing that may be secret repeated."""
    monkeypatch.setenv("NESTED", "env:NESTED")
    assert replan(case, "--announce", target) == Exit.USAGE
    shown = capsys.readouterr().err
    assert said in shown
    assert "hunter2" not in shown
    assert not (case.parent / "runs.db").exists()


def test_a_password_in_the_address_of_the_server_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPTIMIZER_SMTP", f"smtps://me:{SECRET}@mail.example")
    with pytest.raises(UsageError, match="OPTIMIZER_SMTP_PASSWORD"):
        channels(["mailto:a@example.com"])
