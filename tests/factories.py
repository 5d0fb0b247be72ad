"""Test data. Factories build rows as the verbs leave them. What a test is about goes through the verbs."""

import datetime as dt

import factory
from django.core.files.base import ContentFile
from django.utils import timezone

from cases.models import Case, CaseAnswer, CaseDocument, CaseMessage, CaseNote, CaseType, CaseTypeCondition, User
from cases.models.condition_kinds import NEEDS_A_NAME
from tests.clocks import portals_today


class UserFactory(factory.django.DjangoModelFactory[User]):
    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"user-{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")
    role = User.Role.MEMBER


class CaseFactory(factory.django.DjangoModelFactory[Case]):
    """An accepted case by default. The traits below are the other states."""

    class Meta:
        model = Case

    member = factory.SubFactory(UserFactory)
    assigned_to = factory.SubFactory(UserFactory, role=User.Role.TECHNICIAN)
    title = factory.Sequence(lambda n: f"Question {n}")
    description = "What should I do?"
    status = Case.Status.ACCEPTED

    class Params:
        draft = factory.Trait(status=Case.Status.DRAFT, assigned_to=None)
        submitted = factory.Trait(status=Case.Status.SUBMITTED, assigned_to=None)
        held = factory.Trait(status=Case.Status.COMPLETED, date_completed=factory.LazyFunction(timezone.now))
        scheduled = factory.Trait(
            held=True,
            version=1,
            schedule_revision=1,
            scheduled_release_date=factory.LazyFunction(lambda: portals_today() + dt.timedelta(days=7)),
        )
        due = factory.Trait(
            scheduled=True,
            scheduled_release_date=factory.LazyFunction(lambda: portals_today() - dt.timedelta(days=1)),
        )
        held_by_conditions = factory.Trait(due=True, open_conditions=1)
        released = factory.Trait(
            scheduled=True, release_number=1, actual_release_date=factory.LazyFunction(timezone.now)
        )


class CaseTypeFactory(factory.django.DjangoModelFactory[CaseType]):
    """By default one with only a name. `conditions`: the kinds of its conditions."""

    class Meta:
        model = CaseType
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Type {n}")

    @factory.post_generation
    def conditions(self: CaseType, create: bool, kinds: list[str] | None, **options: object) -> None:  # type: ignore[misc]
        for kind in kinds or []:
            name = "Payment received" if kind in NEEDS_A_NAME else ""
            CaseTypeCondition.objects.create(case_type=self, kind=kind, name=name)


class CaseDocumentFactory(factory.django.DjangoModelFactory[CaseDocument]):
    """A report by default. The trait is a document from the member."""

    class Meta:
        model = CaseDocument

    case = factory.SubFactory(CaseFactory)
    kind = CaseDocument.Kind.REPORT
    file = factory.django.FileField(data=b"%PDF-1.7 secret")
    name = factory.Sequence(lambda n: f"document-{n}.pdf")
    size = 15
    content_type = "application/pdf"
    uploaded_by = factory.LazyAttribute(lambda document: document.case.assigned_to or document.case.member)
    uploaded_at = factory.LazyFunction(timezone.now)

    class Params:
        submission = factory.Trait(
            kind=CaseDocument.Kind.SUBMISSION, uploaded_by=factory.LazyAttribute(lambda document: document.case.member)
        )


class CaseAnswerFactory(factory.django.DjangoModelFactory[CaseAnswer]):
    class Meta:
        model = CaseAnswer

    case = factory.SubFactory(CaseFactory)
    text = "Dear Mia,\n\n**yes**, we can.\n\n- Sign both pages.\n- Send them back."
    version = 1
    updated_by = factory.LazyAttribute(lambda answer: answer.case.assigned_to or UserFactory(role=User.Role.TECHNICIAN))
    updated_at = factory.LazyFunction(timezone.now)


class CaseNoteFactory(factory.django.DjangoModelFactory[CaseNote]):
    class Meta:
        model = CaseNote

    case = factory.SubFactory(CaseFactory)
    author = factory.LazyAttribute(lambda note: note.case.assigned_to or UserFactory(role=User.Role.TECHNICIAN))
    text = "Mia called."
    at = factory.LazyFunction(timezone.now)


class CaseMessageFactory(factory.django.DjangoModelFactory[CaseMessage]):
    """From the member by default. `waiting_for` of the case does not change."""

    class Meta:
        model = CaseMessage

    case = factory.SubFactory(CaseFactory)
    author = factory.LazyAttribute(lambda message: message.case.member)
    is_from_member = factory.LazyAttribute(lambda message: message.author.is_member)
    text = "Original or copy?"
    at = factory.LazyFunction(timezone.now)


def letter() -> ContentFile[bytes]:
    """A file that is accepted as a document."""
    return ContentFile(b"%PDF-1.7\n", name="letter.pdf")
