"""The kinds of conditions, and what is special about each. docs/architecture.md says what else a new one needs."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ConditionKind(models.TextChoices):
    MANUAL = "manual", _("Something to confirm")
    REPORT = "report", _("Report attached")
    ANSWER = "answer", _("Answer written")
    APPROVAL = "approval", _("Approval by a second person")
    EXTERNAL = "external", _("Confirmation by link")


# Kinds that do not say what the condition is about.
NEEDS_A_NAME = ["manual", "external"]
# A case has at most one of each of these.
ONCE_PER_CASE = ["report", "answer", "approval"]
# The technician or an administrator meets these, with "Mark as met".
MET_BY_HAND = ["manual"]
# Work on the case meets these. No one confirms them.
MET_BY_WORK = ["report", "answer"]
