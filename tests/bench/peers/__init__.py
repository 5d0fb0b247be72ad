"""Other ways to do the same work, each from PyPI in an environment of its own, measured like ours from outside."""

from tests.bench.peers.wave import wave_rows

__all__ = ["wave_rows"]
