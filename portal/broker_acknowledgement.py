"""Acknowledging messages to a Redis that does not respond."""

from typing import Any

from kombu.transport import redis, virtual


class QoS(redis.QoS):
    """Forget a message that could not be acknowledged. kombu would count it as unacknowledged for as long as the
    connection lives, and a worker that may hold only one message, such as the sweep's, would never get another.

    Redis returns the message after the visibility timeout, and running a task twice is harmless.
    """

    def ack(self, delivery_tag: Any) -> None:
        """Acknowledge the message. Raise what Redis or the connection raises, as kombu does."""
        try:
            super().ack(delivery_tag)
        except Exception:  # whatever it was, the message is no longer held, and the error propagates
            virtual.QoS.ack(self, delivery_tag)
            raise

    def reject(self, delivery_tag: Any, requeue: bool = False) -> None:
        """Reject the message. Raise what Redis or the connection raises, as kombu does."""
        try:
            super().reject(delivery_tag, requeue=requeue)
        except Exception:  # whatever it was, the message is no longer held, and the error propagates
            virtual.QoS.ack(self, delivery_tag)
            raise


def use_in_workers() -> None:
    """Make every channel to Redis use this QoS."""
    redis.Channel.QoS = QoS
