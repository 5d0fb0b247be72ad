"""The bulk action that releases: the batch of a wave, by a person."""

import datetime as dt
from collections.abc import Sequence

from django.conf import settings

from cases.core.text import clean_text
from cases.delivery.change_notices import tell_technicians
from cases.lifecycle import release_stop
from cases.lifecycle.case_conditions import digests, open_conditions_text
from cases.lifecycle.condition_sets import APPROVED
from cases.lifecycle.permissions import Action
from cases.lifecycle.release_stop import ReleasesStopped
from cases.models import CaseEvent, Condition
from cases.models.condition import UNMET
from cases.releases.approvals import check_approval
from cases.releases.bulk.errors import ConditionsOpen
from cases.releases.bulk.operation import SOURCE, CaseChange, Item, Job, Operation, conditions_of
from cases.releases.release_batch import ReleaseContext, tell_mail_workers, write_release


class ReleaseNow(Operation):
    """Releases all cases early. Conditions and a second approver hold them back as on the page of a case."""

    permission = Action.RELEASE_EARLY

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.stop = release_stop.current()
        self.open: dict[int, list[Condition]] = {}
        self.approvals: dict[int, list[Condition]] = {}
        self.digests: dict[int, str] = {}

    def load(self, items: Sequence[Item]) -> None:
        super().load(items)
        self.open = conditions_of(items, UNMET)
        if settings.REQUIRE_SECOND_APPROVER:
            self.approvals = conditions_of(items, APPROVED)
            self.digests = digests([item.case for item in items if item.case.pk in self.approvals])

    def check(self, item: Item) -> None:
        if self.stop:
            raise ReleasesStopped(release_stop.told(self.stop))
        pk = item.case.pk
        if unmet := self.open.get(pk):
            raise ConditionsOpen(open_conditions_text(unmet))
        if settings.REQUIRE_SECOND_APPROVER:
            approval = next(iter(self.approvals.get(pk, [])), None)
            check_approval(approval, by=self.job.by, present=self.digests.get(pk, ""))

    def tells_member(self, item: Item) -> bool:
        return True

    def write(self, changes: Sequence[CaseChange]) -> None:
        seconds = settings.RELEASE_UNDO_SECONDS
        context = ReleaseContext(
            at=self.job.now,
            by=self.job.by,
            source=SOURCE,
            reason=clean_text(self.job.run.reason),
            mail_delay=dt.timedelta(seconds=seconds),
            bulk_run=self.job.run.pk,
        )
        write_release([change.case.pk for change in changes], context)
        steps = [(change.case, CaseEvent.Kind.RELEASED.value) for change in changes]
        tell_technicians(steps, by=self.job.by, at=self.job.now)
        tell_mail_workers(in_seconds=seconds)
