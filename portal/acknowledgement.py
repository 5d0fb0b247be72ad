"""Acknowledging messages to a Redis that does not answer."""

from typing import Any

from kombu.transport import redis, virtual


class QoS(redis.QoS):
    """Forget a message that could not be acknowledged.

    kombu would count it as unacknowledged for as long as the connection lives. A worker that may hold one message, as
    the sweep's, would never get another. Redis gives the message back after the visibility timeout, and to run a task
    twice is harmless.
    """

    def ack(self, delivery_tag: Any) -> None:
        """Acknowledge the message; raise what Redis or the connection raises, as kombu does."""
        try:
            super().ack(delivery_tag)
        except Exception:  # whatever it was: the message is held no more, and the error goes on
            virtual.QoS.ack(self, delivery_tag)
            raise

    def reject(self, delivery_tag: Any, requeue: bool = False) -> None:
        """Reject the message; raise what Redis or the connection raises, as kombu does."""
        try:
            super().reject(delivery_tag, requeue=requeue)
        except Exception:  # whatever it was: the message is held no more, and the error goes on
            virtual.QoS.ack(self, delivery_tag)
            raise


def use_in_workers() -> None:
    """Make every channel to Redis use this QoS."""
    redis.Channel.QoS = QoS
