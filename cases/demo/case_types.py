"""The case types of the demo portal. The subject of a case decides its type."""

from cases.casework import case_types, corrections
from cases.casework.case_types import TypeFacts
from cases.models import Case, CaseEvent, CaseType, User

WEB = CaseEvent.Source.WEB
BENEFITS, ORDER = "Benefit estimate", "Divorce order"
TYPES = [
    TypeFacts(
        name=BENEFITS,
        guidance="Tell us the month in which you would like to retire, and attach your latest statement.",
        default_days=14,
        position=1,
    ),
    TypeFacts(
        name="Service credit",
        guidance="List the dates of your service. A copy of your record helps us to answer sooner.",
        position=2,
    ),
    TypeFacts(
        name=ORDER,
        guidance="Attach the complete court order. We can't begin before we have all of its pages.",
        min_days=10,
        default_days=21,
        position=3,
        conditions=(("manual", "Certified copy received"), ("report", "")),
    ),
]
RETIRED = TypeFacts(name="Paper form", position=9)
OF_SUBJECTS = {
    "Retirement date estimate": BENEFITS,
    "Annuity calculation": BENEFITS,
    "Military service credit": "Service credit",
    "Part-time service review": "Service credit",
}


def keep(*, by: User) -> dict[str, CaseType]:
    """Create the types, one of them retired. Return them by the subjects of cases."""
    kept = {facts.name: case_types.add(by=by, source=WEB, facts=facts) for facts in TYPES}
    retired = case_types.add(by=by, source=WEB, facts=RETIRED)
    case_types.set_retired(case_type=retired, retired=True, by=by, source=WEB)
    return {subject: kept[name] for subject, name in OF_SUBJECTS.items()}


def correct(*, by: User) -> None:
    """Have the technician `by` find out that two of their cases are about a divorce order, a type that has
    conditions."""
    order = CaseType.objects.get(name=ORDER)
    for case in Case.objects.visible_to(by).filter(assigned_to=by, status="accepted", case_type=None)[:2]:
        corrections.correct(case=case, by=by, source=WEB, case_type=order, urgency="urgent")
