"""Releases that are recalled while their emails are on the way."""

import time

from tests.chaos.registry import fault
from tests.chaos.run import Run

# How many of the emails in each state.
VICTIMS = 5
MAIL_PROCESSES = 2


@fault("SMTP", window=10, works_meanwhile=True)
def recall_in_mid_delivery(run: Run) -> None:
    """Releases are recalled while their emails are waiting, being sent, or already sent. For ten seconds, the SMTP
    server takes a fifth of a second for each."""
    with run.on(), run.stack.mail.behaving(delay=0.2):
        ends = time.time() + run.fault.window
        while time.time() < ends:
            _recall_some(run)
            run.wait(0.5)


@fault("SMTP", window=10, works_meanwhile=True, doubles_at_most=MAIL_PROCESSES)
def recall_and_sender_killed(run: Run) -> None:
    """Releases are recalled while their emails are being sent, and the mail worker is killed before it can record what
    the SMTP server has accepted."""
    with run.on():
        with run.stack.mail.behaving(hold="DATA"):
            run.until("the server has taken a message", lambda: run.stack.mail.held > 0)
            _recall_some(run)
            run.stack.kill("mail")
        run.stack.supervisor.back("mail")


def _recall_some(run: Run) -> None:
    """Recall releases whose emails are in different states."""
    from cases import releases
    from cases.models import OutgoingEmail
    from tests.factories import UserFactory

    administrator = UserFactory(role="administrator")
    for state in ("sending", "waiting", "sent"):
        others = list(run.load.cases.keys() - run.recalled.keys())
        emails = OutgoingEmail.objects.filter(kind="released", state=state, case__in=others)
        for email in emails.select_related("case")[:VICTIMS]:
            releases.recall(case=email.case, by=administrator, source="web", reason="Chaos")
            run.recalled[email.case_id] = time.time()
