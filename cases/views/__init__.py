"""The pages. A view parses, calls a verb, responds; who may do what is cases.lifecycle.permissions."""

from cases.views.absences import absences, end_absence, person_absences
from cases.views.api_tokens import api_tokens, end_api_token, new_api_token
from cases.views.blackout_days import blackout_days, new_blackout_day, remove_blackout_day
from cases.views.bounces import clear_bounce, resend_to_person
from cases.views.calendar import calendar, move_case
from cases.views.calendar_feed import calendar_feed, change_feed
from cases.views.canned_texts import canned_text, canned_texts, delete_canned_text, new_canned_text
from cases.views.case_list import case_list
from cases.views.case_page.answers import write_answer
from cases.views.case_page.assignment import accept_case, hand_over_case
from cases.views.case_page.case_actions import (
    cancel_schedule,
    mark_case_completed,
    release_now,
    reschedule_case,
    return_case,
)
from cases.views.case_page.case_detail import case_detail
from cases.views.case_page.conditions import (
    add_condition,
    approve_release,
    link_condition,
    meet_condition,
    remove_condition,
    waive_condition,
)
from cases.views.case_page.conversation import end_waiting, send_message
from cases.views.case_page.corrections import correct_case
from cases.views.case_page.document_viewer import document_content, view_document
from cases.views.case_page.documents import attach_document, document, remove_document
from cases.views.case_page.notes import add_note
from cases.views.case_page.preview import preview_case
from cases.views.case_page.release_evidence import release_evidence
from cases.views.case_page.release_timeline import release_timeline
from cases.views.case_page.undo_and_recall import recall_release, undo_release
from cases.views.case_types import case_type, case_types, new_case_type, retire_case_type
from cases.views.condition_by_link import condition_by_link
from cases.views.dashboards import dashboard, member_dashboard
from cases.views.drafts import delete_case, edit_case, new_case, submit_case
from cases.views.history import export_history, history
from cases.views.languages import choose_language
from cases.views.live import live
from cases.views.notifications import (
    notification_settings,
    notifications,
    open_notification,
    read_all_notifications,
    read_notification,
)
from cases.views.operations import (
    operations,
    operations_figures,
    operations_present,
    operations_workers,
    resend_email,
)
from cases.views.palette import palette
from cases.views.passwords import password_change, password_reset_from_key
from cases.views.people import (
    change_role,
    correct_person,
    hand_over,
    invite_person,
    people,
    person,
    reinvite_person,
    remove_second_factor,
    set_access,
)
from cases.views.portal_settings import portal_settings
from cases.views.profile import profile
from cases.views.release_stop import start_releases, stop_releases
from cases.views.reminder_links import reminder_link
from cases.views.saved_views import delete_saved_view, new_saved_view, pin_view, saved_view, saved_views
from cases.views.search import search
from cases.views.second_factor import activate_app, deactivate_app, generate_recovery_codes
from cases.views.session_ends import unsent_form
from cases.views.unsubscribe import unsubscribe

__all__ = [
    "absences",
    "accept_case",
    "activate_app",
    "add_condition",
    "add_note",
    "api_tokens",
    "approve_release",
    "attach_document",
    "blackout_days",
    "calendar",
    "calendar_feed",
    "cancel_schedule",
    "canned_text",
    "canned_texts",
    "case_detail",
    "case_list",
    "case_type",
    "case_types",
    "change_feed",
    "change_role",
    "choose_language",
    "clear_bounce",
    "condition_by_link",
    "correct_case",
    "correct_person",
    "dashboard",
    "deactivate_app",
    "delete_canned_text",
    "delete_case",
    "delete_saved_view",
    "document",
    "document_content",
    "edit_case",
    "end_absence",
    "end_api_token",
    "end_waiting",
    "export_history",
    "generate_recovery_codes",
    "hand_over",
    "hand_over_case",
    "history",
    "invite_person",
    "link_condition",
    "live",
    "mark_case_completed",
    "meet_condition",
    "member_dashboard",
    "move_case",
    "new_api_token",
    "new_blackout_day",
    "new_canned_text",
    "new_case",
    "new_case_type",
    "new_saved_view",
    "notification_settings",
    "notifications",
    "open_notification",
    "operations",
    "operations_figures",
    "operations_present",
    "operations_workers",
    "palette",
    "password_change",
    "password_reset_from_key",
    "people",
    "person",
    "person_absences",
    "pin_view",
    "portal_settings",
    "preview_case",
    "profile",
    "read_all_notifications",
    "read_notification",
    "recall_release",
    "reinvite_person",
    "release_evidence",
    "release_now",
    "release_timeline",
    "reminder_link",
    "remove_blackout_day",
    "remove_condition",
    "remove_document",
    "remove_second_factor",
    "reschedule_case",
    "resend_email",
    "resend_to_person",
    "retire_case_type",
    "return_case",
    "saved_view",
    "saved_views",
    "search",
    "send_message",
    "set_access",
    "start_releases",
    "stop_releases",
    "submit_case",
    "undo_release",
    "unsent_form",
    "unsubscribe",
    "view_document",
    "waive_condition",
    "write_answer",
]
