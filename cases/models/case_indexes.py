"""The indexes of cases, and what each is for. A wave updates every one that is not partial."""

from django.db import models
from django.db.models import F, Q

from cases.models.case_states import (
    ACCEPTED_AT,
    ARMED,
    HAS_OPEN_CONDITIONS,
    HELD,
    NOT_RELEASED,
    READY,
    RELEASED,
    SCHEDULED,
    UNOPENED,
    URGENT_OPEN,
    URGENT_SCHEDULED,
    WAITING_FOR_MEMBER,
    WAITING_FOR_STAFF,
    WORKED_ON,
)

INDEXES = [
    # Lists and the look-ahead.
    models.Index(
        name="case_due", fields=["scheduled_release_date", "scheduled_release_time", "id"], condition=SCHEDULED
    ),
    # The sweep: partial, so that released or held cases cost nothing. PostgreSQL's planner prefers it to case_due
    # because it is smaller, SQLite's because it is defined later.
    models.Index(name="case_ready", fields=["scheduled_release_date", "scheduled_release_time"], condition=READY),
    # What its conditions hold back, longest overdue first.
    models.Index(
        name="case_held_by_conditions",
        fields=["scheduled_release_date", "scheduled_release_time", "id"],
        condition=SCHEDULED & HAS_OPEN_CONDITIONS,
    ),
    models.Index(
        name="case_member_due",
        fields=["member", "scheduled_release_date", "scheduled_release_time"],
        condition=READY,
    ),
    models.Index(
        name="case_armed",
        fields=["scheduled_release_date", "scheduled_release_time"],
        condition=SCHEDULED & ARMED,
    ),
    # The lists on pages, for one person and for all: what comes next, what is held, what was released last.
    models.Index(
        name="case_assigned_due",
        fields=["assigned_to", "scheduled_release_date", "scheduled_release_time", "id"],
        condition=SCHEDULED,
    ),
    models.Index(name="case_failing", fields=["release_next_try"], condition=Q(release_next_try__isnull=False)),
    models.Index(name="case_held", fields=["-id"], condition=HELD),
    models.Index(name="case_assigned_held", fields=["assigned_to", "-id"], condition=HELD),
    models.Index(name="case_released", fields=["-actual_release_date", "-id"], condition=RELEASED),
    models.Index(
        name="case_assigned_released",
        fields=["assigned_to", "-actual_release_date", "-id"],
        condition=RELEASED,
    ),
    # What has not been opened yet, for all and for one technician. Few old cases remain in it.
    models.Index(name="case_unopened", fields=["actual_release_date", "id"], condition=UNOPENED),
    models.Index(
        name="case_assigned_unopened",
        fields=["assigned_to", "actual_release_date", "id"],
        condition=UNOPENED,
    ),
    models.Index(name="case_of_type", fields=["case_type", "-id"], condition=Q(case_type__isnull=False)),
    models.Index(name="case_member_latest", fields=["member", "-id"]),
    models.Index(name="case_assigned_newest", fields=["assigned_to", "-id"]),
    models.Index(name="case_in_work", fields=["assigned_to", "-id"], condition=Q(status="accepted")),
    # What is in progress, last accepted first: for one technician and for all. A wave writes to neither.
    models.Index(
        F("assigned_to"),
        ACCEPTED_AT.desc(),
        F("id").desc(),
        name="case_assigned_accepted",
        condition=Q(status="accepted"),
    ),
    models.Index(
        F("status"),
        ACCEPTED_AT.desc(),
        F("id").desc(),
        name="case_accepted",
        condition=Q(status="accepted"),
    ),
    # What is not released, by status, latest first.
    models.Index(name="case_status_latest", fields=["status", "-id"], condition=NOT_RELEASED),
    # Urgent cases first, then old ones, in a state and for one technician, and all urgent ones. A wave writes to none.
    models.Index(name="case_queue", fields=["status", "-urgency", "id"], condition=WORKED_ON),
    models.Index(name="case_assigned_queue", fields=["assigned_to", "-urgency", "id"], condition=Q(status="accepted")),
    models.Index(name="case_urgent_open", fields=["-id"], condition=URGENT_OPEN),
    models.Index(
        name="case_urgent_due",
        fields=["scheduled_release_date", "scheduled_release_time", "id"],
        condition=URGENT_SCHEDULED,
    ),
    # Whose turn it is in the conversation, longest waiting first. A release writes only to those of the few cases whose
    # member is waiting for an answer.
    models.Index(name="case_waiting_for_member", fields=["waiting_since", "id"], condition=WAITING_FOR_MEMBER),
    models.Index(
        name="case_assigned_asked", fields=["assigned_to", "waiting_since", "id"], condition=WAITING_FOR_MEMBER
    ),
    models.Index(name="case_waiting_for_staff", fields=["waiting_since", "id"], condition=WAITING_FOR_STAFF),
    models.Index(
        name="case_assigned_unanswered", fields=["assigned_to", "waiting_since", "id"], condition=WAITING_FOR_STAFF
    ),
]
