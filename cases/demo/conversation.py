"""Conversations of the demo data: a question to the member, messages that wait for staff, canned texts, a mention."""

from django.core.files.base import ContentFile

from cases.casework import notes
from cases.conversation import canned_texts, messages
from cases.models import Case, CaseEvent, User

WEB = CaseEvent.Source.WEB
CANNED = {
    "Form DD-214": "Please send us a copy of **form DD-214**. A photo of every page is enough.",
    "Certified copy": "The copy that we have has no seal. Please send the *certified* copy of the order.",
    "Thank you": "Thank you, we have everything that we need.",
}


def talk(*, member: User, technician: User, colleague: User, admin: User) -> None:
    """Have the member and the technician write to each other about the member's latest cases in each state."""
    for name, text in CANNED.items():
        canned_texts.add(by=admin, source=WEB, name=name, text=text)
    own = Case.objects.filter(member=member, assigned_to=technician).order_by("-pk")
    for number, case in enumerate(own.filter(status=Case.Status.ACCEPTED)[:2]):
        messages.send(case=case, by=technician, source=WEB, text=CANNED["Form DD-214"], asks=True)
        if number:
            file = ContentFile(b"Form DD-214, as Alex Morgan has it.\n", name="Form DD-214.txt")
            messages.send(case=case, by=member, source=WEB, text="Here it is. Do you need the original?", files=[file])
            notes.add(case=case, by=technician, text=f"@{colleague.first_name} please check the second page.")
    released = own.filter(actual_release_date__isnull=False).order_by("-actual_release_date").first()
    if released:
        messages.send(case=released, by=member, source=WEB, text="Does this change my estimate of last spring?")
