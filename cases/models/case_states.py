"""The states of cases as query conditions, shared by lists, constraints and indexes."""

from django.db.models import F, Q
from django.db.models.functions import Coalesce

RELEASED = Q(actual_release_date__isnull=False)
NOT_RELEASED = Q(actual_release_date__isnull=True)
SCHEDULED = Q(actual_release_date__isnull=True, scheduled_release_date__isnull=False)
HAS_OPEN_CONDITIONS = Q(open_conditions__gt=0)
# Scheduled, and no condition holds it back.
READY = SCHEDULED & Q(open_conditions=0)
UNOPENED = RELEASED & Q(first_viewed_at__isnull=True)
HELD = Q(status="completed", actual_release_date__isnull=True, scheduled_release_date__isnull=True)
# Not released and not a draft.
OPEN = ~Q(status="draft") & Q(actual_release_date__isnull=True)
URGENT_OPEN = Q(urgency="urgent") & OPEN
URGENT_SCHEDULED = Q(urgency="urgent") & SCHEDULED
WORKED_ON = Q(status="submitted") | Q(status="accepted")
# A question to the member counts while the case is in progress, and a message from the member until it is answered.
WAITING_FOR_MEMBER = Q(waiting_for="member", status="accepted")
WAITING_FOR_STAFF = Q(waiting_for="staff")
# A row that no verb wrote has no such date. It counts from its creation.
ACCEPTED_AT = Coalesce("date_accepted", "date_created")
# A case that was released manually may still have the failure of an earlier attempt.
RELEASE_FAILS = Q(release_next_try__isnull=False, actual_release_date__isnull=True)
ARMED = Q(armed_revision=F("schedule_revision"))
