"""The URLs of the pages."""

from django.urls import path

import cases.core.url_converters  # noqa: F401  (for <key:…>)
from cases import views

urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("cases/", views.case_list, name="case_list"),
    path("cases/new/", views.new_case, name="new_case"),
    path("cases/<key:pk>/", views.case_detail, name="case_detail"),
    path("cases/<key:pk>/edit/", views.edit_case, name="edit_case"),
    path("cases/<key:pk>/submit/", views.submit_case, name="submit_case"),
    path("cases/<key:pk>/accept/", views.accept_case, name="accept_case"),
    path("cases/<key:pk>/complete/", views.mark_case_completed, name="mark_case_completed"),
    path("cases/<key:pk>/reschedule/", views.reschedule_case, name="reschedule_case"),
    path("cases/<key:pk>/return/", views.return_case, name="return_case"),
    path("cases/<key:pk>/hold/", views.cancel_schedule, name="cancel_schedule"),
    path("cases/<key:pk>/release/", views.release_now, name="release_now"),
    path("cases/<key:pk>/hand-over/", views.hand_over_case, name="hand_over_case"),
    path("cases/<key:pk>/notes/", views.add_note, name="add_note"),
    path("cases/<key:pk>/as-member/", views.preview_case, name="preview_case"),
    path("cases/<key:pk>/documents/", views.attach_document, name="attach_document"),
    path("cases/<key:pk>/documents/<key:document_pk>/", views.document, name="document"),
    path("cases/<key:pk>/documents/<key:document_pk>/remove/", views.remove_document, name="remove_document"),
    path("calendar/", views.calendar, name="calendar"),
    path("calendar/<key:pk>/move/", views.move_case, name="move_case"),
    path("calendar/feed/", views.change_feed, name="change_feed"),
    path("calendar/<str:token>.ics", views.calendar_feed, name="calendar_feed"),
    path("people/", views.people, name="people"),
    path("people/invite/", views.invite_person, name="invite_person"),
    path("people/<key:pk>/", views.person, name="person"),
    path("people/<key:pk>/invite/", views.reinvite_person, name="reinvite_person"),
    path("people/<key:pk>/access/", views.set_access, name="set_access"),
    path("people/<key:pk>/correct/", views.correct_person, name="correct_person"),
    path("people/<key:pk>/role/", views.change_role, name="change_role"),
    path("people/<key:pk>/second-factor/remove/", views.remove_second_factor, name="remove_second_factor"),
    path("people/<key:pk>/hand-over/", views.hand_over, name="hand_over"),
    path("unsent/", views.unsent_form, name="unsent_form"),
    path("portal-settings/", views.portal_settings, name="portal_settings"),
    path("operations/", views.operations, name="operations"),
    path("operations/figures/", views.operations_figures, name="operations_figures"),
    path("operations/present/", views.operations_present, name="operations_present"),
    path("operations/workers/", views.operations_workers, name="operations_workers"),
    path("operations/emails/<key:pk>/resend/", views.resend_email, name="resend_email"),
]
