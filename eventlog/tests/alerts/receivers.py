"""A real mail server to be told by: it takes what Python's own client sends, and keeps it."""

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from pytest_django import Settings


@dataclass
class MailServer:
    """`refuse` says no to every recipient; `hang` does not greet for that many seconds."""

    refuse: bool = False
    hang: float = 0.0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    server: socketserver.ThreadingTCPServer = field(init=False)

    def __post_init__(self) -> None:
        mine = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                time.sleep(mine.hang)
                self.say("220 sink")
                while line := self.rfile.readline().strip():
                    verb = line[:4].upper()
                    if verb == b"QUIT":
                        return self.say("221 bye")
                    if verb == b"DATA":
                        self.take()
                    elif verb == b"RCPT" and mine.refuse:
                        self.say("550 no such person")
                    else:
                        if verb == b"RCPT":
                            mine.recipients.append(line.partition(b"<")[2].rstrip(b">").decode())
                        self.say("250 well")
                return None

            def take(self) -> None:
                self.say("354 go on")
                body = b""
                while (line := self.rfile.readline()) != b".\r\n":
                    body += line.removeprefix(b".") if line.startswith(b"..") else line
                parsed = message_from_bytes(body, policy=policy.default)
                assert isinstance(parsed, EmailMessage)
                mine.mails.append(parsed)
                self.say("250 taken")

            def say(self, words: str) -> None:
                self.wfile.write(f"{words}\r\n".encode())

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        self.server.daemon_threads, self.server.block_on_close = True, False
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])


@contextmanager
def mail_server(**options: Any) -> Iterator[MailServer]:
    made = MailServer(**options)
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()


@contextmanager
def mailing(settings: Settings) -> Iterator[MailServer]:
    """Django's mail goes to one of these."""
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 1
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        yield server


def part(mail: EmailMessage, kind: str) -> str:
    """The text or the HTML of a mail."""
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content())
