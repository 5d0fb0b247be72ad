"""Other libraries that do the same work, each in its own environment, measured from outside like ours."""

from tests.bench.peers.mail import mail_rows
from tests.bench.peers.wave import wave_rows

__all__ = ["mail_rows", "wave_rows"]
