"""Bounces that an email provider reports by webhook. django-anymail verifies who calls and makes all providers alike.

It is imported only where EMAIL_URL names a provider.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import structlog

from cases.delivery.bounce_report import STATUS, BounceReport
from cases.delivery.bounces import Received, record_bounce
from cases.delivery.envelope import METADATA_KEY, SignedRow

logger = structlog.get_logger(__name__)

NAME = "email provider"
FAILED = ("bounced", "rejected")
# Reasons that say that the address doesn't exist. All others may pass.
BAD_ADDRESS = ("invalid", "bounced")


class TrackingEvent(Protocol):
    """What this reads of anymail.signals.AnymailTrackingEvent."""

    event_type: str
    reject_reason: str | None
    mta_response: str | None
    description: str | None
    metadata: Mapping[str, Any] | None


def connect() -> None:
    """Have the events of the provider come here."""
    from anymail.signals import tracking

    tracking.connect(_receive, dispatch_uid=__name__)


def receive_event(event: TrackingEvent) -> Received:
    """Record the bounce that `event` reports."""
    if event.event_type not in FAILED:
        return Received.NO_REPORT
    signed = SignedRow.read(str((event.metadata or {}).get(METADATA_KEY, "")))
    if signed is None:
        return Received.UNSIGNED
    words = event.mta_response or event.description or event.reject_reason or ""
    found = STATUS.search(words)
    guessed = "5.1.1" if event.reject_reason in BAD_ADDRESS else "4.0.0"
    return record_bounce(signed, BounceReport.of(found[0] if found else guessed, words), by=NAME)


def _receive(sender: object, event: TrackingEvent, **signal: Any) -> None:
    received = receive_event(event)
    logger.info("email event received", kind=event.event_type, what=received.value)
