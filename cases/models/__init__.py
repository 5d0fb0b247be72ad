"""The tables of the portal."""

from cases.models.account_event import AccountEvent
from cases.models.api_token import ApiToken
from cases.models.api_usage import ApiUsage
from cases.models.calendar_feed import CalendarFeed
from cases.models.case import Case
from cases.models.case_event import CaseEvent
from cases.models.case_queryset import CaseQuerySet
from cases.models.delivery import Delivery
from cases.models.document import CaseDocument, CaseDocumentQuerySet
from cases.models.heartbeat import Heartbeat
from cases.models.note import CaseNote, CaseNoteQuerySet
from cases.models.outgoing_email import OutgoingEmail
from cases.models.password_reset_request import PasswordResetRequest
from cases.models.portal_clock import PortalClock
from cases.models.portal_event import PortalEvent
from cases.models.release_day import ReleaseDay
from cases.models.sampled_total import SampledTotal
from cases.models.security_state import SecurityState
from cases.models.sent_form import UnsentForm, UsedFormToken
from cases.models.storage_report import StorageReport
from cases.models.user import User

__all__ = [
    "AccountEvent",
    "ApiToken",
    "ApiUsage",
    "CalendarFeed",
    "Case",
    "CaseDocument",
    "CaseDocumentQuerySet",
    "CaseEvent",
    "CaseNote",
    "CaseNoteQuerySet",
    "CaseQuerySet",
    "Delivery",
    "Heartbeat",
    "OutgoingEmail",
    "PasswordResetRequest",
    "PortalClock",
    "PortalEvent",
    "ReleaseDay",
    "SampledTotal",
    "SecurityState",
    "StorageReport",
    "UnsentForm",
    "UsedFormToken",
    "User",
]
