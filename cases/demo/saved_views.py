"""Saved views of the case list: one of the technician's own in the menu, and one that the administrator shares."""

from cases.casework import saved_views
from cases.models import CaseType, PortalEvent, User

WEB = PortalEvent.Source.WEB


def save_views(*, technician: User, colleague: User, admin: User) -> None:
    """Save the views, as people do after filtering the list."""
    kind = CaseType.objects.order_by("position", "pk")[0]
    own = saved_views.create(by=technician, source=WEB, name=kind.name, query=f"type={kind.pk}")
    saved_views.pin(by=technician, source=WEB, view=own, is_pinned=True)
    name = f"{colleague.first_name} is away"
    saved_views.create(by=admin, source=WEB, name=name, query=f"technician={colleague.pk}", is_shared=True)
