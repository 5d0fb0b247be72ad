"""Other ways to do the same work, each from PyPI in an environment of its own, measured like ours from outside."""

from tests.bench.peers.mail import mail_rows
from tests.bench.peers.wave import wave_rows

__all__ = ["mail_rows", "wave_rows"]
