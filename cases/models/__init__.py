"""The tables of the portal."""

from cases.models.absence import Absence
from cases.models.account_event import AccountEvent
from cases.models.answer import CaseAnswer, CaseAnswerQuerySet
from cases.models.api_token import ApiToken
from cases.models.api_usage import ApiUsage
from cases.models.blackout_day import BlackoutDay
from cases.models.bulk_run import BulkRow, BulkRun
from cases.models.calendar_feed import CalendarFeed
from cases.models.canned_text import CannedText
from cases.models.case import Case
from cases.models.case_event import CaseEvent
from cases.models.case_queryset import CaseQuerySet
from cases.models.case_search_words import CaseWords
from cases.models.case_type import CaseType, CaseTypeCondition
from cases.models.condition import Condition
from cases.models.delivery import Delivery
from cases.models.document import CaseDocument, CaseDocumentQuerySet
from cases.models.first_view import FirstView
from cases.models.heartbeat import Heartbeat
from cases.models.history_seal import HistorySeal
from cases.models.message import CaseMessage, CaseMessageQuerySet
from cases.models.note import CaseNote, CaseNoteQuerySet
from cases.models.notification import Notification, NotificationChoice
from cases.models.outgoing_email import OutgoingEmail
from cases.models.password_reset_request import PasswordResetRequest
from cases.models.person_search_words import PersonWords
from cases.models.portal_clock import PortalClock
from cases.models.portal_event import PortalEvent
from cases.models.release_day import ReleaseDay
from cases.models.release_stop import ReleaseStop
from cases.models.reminder import Reminder
from cases.models.sampled_total import SampledTotal
from cases.models.saved_view import BuiltinView, SavedView, ViewPin
from cases.models.security_state import SecurityState
from cases.models.sent_form import UnsentForm, UsedFormToken
from cases.models.storage_report import StorageReport
from cases.models.user import User

__all__ = [
    "Absence",
    "AccountEvent",
    "ApiToken",
    "ApiUsage",
    "BlackoutDay",
    "BuiltinView",
    "BulkRow",
    "BulkRun",
    "CalendarFeed",
    "CannedText",
    "Case",
    "CaseAnswer",
    "CaseAnswerQuerySet",
    "CaseDocument",
    "CaseDocumentQuerySet",
    "CaseEvent",
    "CaseMessage",
    "CaseMessageQuerySet",
    "CaseNote",
    "CaseNoteQuerySet",
    "CaseQuerySet",
    "CaseType",
    "CaseTypeCondition",
    "CaseWords",
    "Condition",
    "Delivery",
    "FirstView",
    "Heartbeat",
    "HistorySeal",
    "Notification",
    "NotificationChoice",
    "OutgoingEmail",
    "PasswordResetRequest",
    "PersonWords",
    "PortalClock",
    "PortalEvent",
    "ReleaseDay",
    "ReleaseStop",
    "Reminder",
    "SampledTotal",
    "SavedView",
    "SecurityState",
    "StorageReport",
    "UnsentForm",
    "UsedFormToken",
    "User",
    "ViewPin",
]
