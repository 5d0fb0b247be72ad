"""Receives bounces from a pipe, an LMTP port or an IMAP folder."""

import asyncio
import os
import signal
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from cases.delivery import bounce_lmtp
from cases.delivery.bounce_folder import FolderUnavailable, receive_from_folder
from cases.delivery.bounce_report import MAX_BYTES
from cases.delivery.bounces import receive_message

NAME = "receive_bounces"


class Command(BaseCommand):
    help = "Record bounces: a message from standard input, what arrives at an LMTP port, or the mail of an IMAP folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--recipient", default="", help="the address that received the message on standard input")
        source = parser.add_mutually_exclusive_group()
        source.add_argument("--lmtp", metavar="HOST:PORT", help="receive bounces on this LMTP port until stopped")
        source.add_argument("--imap", action="store_true", help="read the folder that BOUNCE_IMAP_URL names, once")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["lmtp"] is not None:
            self._listen(*_host_and_port(options["lmtp"]))
        elif options["imap"]:
            self._read_folder()
        else:
            self._read_pipe(options["recipient"])

    def _read_pipe(self, recipient: str) -> None:
        raw = sys.stdin.buffer.read(MAX_BYTES)
        while sys.stdin.buffer.read(MAX_BYTES):
            pass  # the mail server expects to write all of it
        try:
            received = receive_message(raw, [recipient], by=NAME)
        except Error:
            # The mail server keeps the message and retries.
            raise CommandError("The database isn't available.", returncode=os.EX_TEMPFAIL) from None
        self.stdout.write(received.value)

    def _read_folder(self) -> None:
        if not settings.BOUNCE_IMAP_URL:
            raise CommandError("Set BOUNCE_IMAP_URL to the folder that gets bounces.")
        try:
            found = receive_from_folder(settings.BOUNCE_IMAP_URL, by=NAME)
        except FolderUnavailable as error:
            raise CommandError(f"The IMAP folder isn't available: {error}", returncode=os.EX_TEMPFAIL) from None
        self.stdout.write(", ".join(f"{count} {received.value}" for received, count in found.items()) or "nothing new")

    def _listen(self, host: str, port: int) -> None:
        try:
            asyncio.run(self._serve(host, port))
        except OSError as error:
            # asyncio's own text repeats the address, and has the reason in lower case at its end.
            reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
            raise CommandError(f"Can't listen at {host}:{port}: {reason}.") from None

    async def _serve(self, host: str, port: int) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await bounce_lmtp.serve(
            host, port, by=NAME, stop=stop, on_start=lambda bound: self.stdout.write(f"LMTP at {host}:{bound}")
        )


def _host_and_port(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise CommandError("Give --lmtp as HOST:PORT.", returncode=2)
    return host.strip("[]"), int(port)
