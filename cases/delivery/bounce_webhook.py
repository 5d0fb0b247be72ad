"""Bounces that an email provider reports by webhook. django-anymail verifies the caller and hides the differences
between providers.

It is imported only if EMAIL_URL names a provider.
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
# Reasons that mean that the address doesn't exist. All others may be temporary.
BAD_ADDRESS = ("invalid", "bounced")
# The providers' own words for a failure that may be temporary. To django-anymail, all of them are bounces.
PASSING = (("Type", "SoftBounce"), ("event", "soft_bounce"), ("hard_bounce", False))


class TrackingEvent(Protocol):
    """The parts of anymail.signals.AnymailTrackingEvent that this module reads."""

    event_type: str
    reject_reason: str | None
    mta_response: str | None
    description: str | None
    metadata: Mapping[str, Any] | None
    esp_event: Any


def connect() -> None:
    """Connect the provider's events to this module."""
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
    return record_bounce(signed, BounceReport.of(found[0] if found else _guess(event), words), by=NAME)


def _guess(event: TrackingEvent) -> str:
    """Return the status of a failure about which the mail server has said none."""
    raw = event.esp_event if isinstance(event.esp_event, Mapping) else {}
    may_pass = event.reject_reason not in BAD_ADDRESS or any(raw.get(name) == value for name, value in PASSING)
    return "4.0.0" if may_pass else "5.1.1"


def _receive(sender: object, event: TrackingEvent, **signal: Any) -> None:
    received = receive_event(event)
    logger.info("email event received", kind=event.event_type, what=received.value)
