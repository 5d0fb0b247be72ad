"""Take a picture of every page, on a phone and on a desktop, light and dark: `make screenshots`.

Not a test, and not collected with them; pytest runs it because it needs what browser tests need. The data are those
of `make demo`. With SCREENSHOTS=word only pages whose name has that word.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import ModelEntry
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from cases.core.clock import portal_now
from cases.delivery import outbox
from cases.demo.story import Story
from cases.models import Heartbeat, User
from cases.monitoring import daily_statistics, sampled_totals
from portal.celery import app
from tests.browser.conftest import DESKTOP, PHONE, dialogs_of, tab_of, visit
from tests.factories import UserFactory
from tests.pages import (
    ADMINISTRATOR,
    DJANGO_ADMIN,
    ERRORS,
    MEMBER,
    NEWCOMER,
    PAGES,
    PASSWORD,
    STRANGER,
    TECHNICIAN,
    Page,
    World,
    complete_world,
)
from tests.unit.delivery.test_letters import MAILS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FOLDER = Path(__file__).resolve().parents[2] / "var" / "screenshots"
ONLY = os.environ.get("SCREENSHOTS", "")
LOOKS = [
    (f"{size}-{scheme}", viewport, scheme)
    for size, viewport in (("desktop", DESKTOP), ("phone", PHONE))
    for scheme in ("light", "dark")
]
# The pages in docs/tour.md, of which it shows as much as fits in a window.
TOUR = {
    "dashboard--member--phone-light",
    "case-released--member--desktop-light",
    "dashboard--technician--desktop-light",
    "case-scheduled--technician--desktop-light",
    "calendar--technician--desktop-dark",
    "operations--administrator--desktop-light",
}
# Their parts are loaded once they are open.
COME_LATER = {"operations", "api_docs"}


def make_demo_world() -> World:
    """The portal of the demo, as if everything had run until now."""
    Story(password=PASSWORD).tell()
    outbox.deliver(seconds=60)
    sampled_totals.refresh()
    daily_statistics.update(portal_now(), seconds=60)
    for name, entry in app.conf.beat_schedule.items():
        ModelEntry.from_entry(name, app=app, **entry)
    people = {name: User.objects.get(username=name) for name in ("member", "technician", "admin")}
    return complete_world(people["member"], people["technician"], people["admin"])


def sweep_has_just_run() -> None:
    """Write what the operations page takes as a sign of life."""
    Heartbeat.objects.update_or_create(name="sweep", defaults={"at": portal_now(), "host": "worker-1"})
    PeriodicTask.objects.update(last_run_at=portal_now())


def wanted(person: str, world: World) -> Iterator[tuple[int, Page]]:
    """Return the pages of `person` with their positions in the list. The demo has nothing that is due."""
    for number, page in enumerate([*PAGES, *DJANGO_ADMIN, *ERRORS], start=1):
        if person in page.people and ONLY in page.name and "due" not in page.name:
            yield number, page


@pytest.mark.parametrize("person", [ADMINISTRATOR, TECHNICIAN, MEMBER, NEWCOMER, STRANGER])
@override_settings(ROOT_URLCONF="tests.error_urls")
def test_screenshots(person: str, chromium: Browser, live_server: Any, request: pytest.FixtureRequest) -> None:
    if person == ADMINISTRATOR:
        request.getfixturevalue("celery_setup")
    request.getfixturevalue("settings").RELEASE_MIN_DAYS = 7  # other browser tests do without it
    world = make_demo_world()
    (FOLDER / "tour").mkdir(parents=True, exist_ok=True)
    with tab_of(chromium, live_server.url, world, person) as tab:
        tab.emulate_media(reduced_motion="reduce")
        for number, page in wanted(person, world):
            open_(tab, page, world, person)
            take(tab, f"{number:03}-{page.name}--{person}")


def open_(tab: Tab, page: Page, world: World, person: str) -> None:
    sweep_has_just_run()
    tab.set_viewport_size(DESKTOP)
    visit(tab, page, world, person)
    if page.url_name in COME_LATER:
        tab.wait_for_load_state("networkidle")


def take(tab: Tab, name: str) -> None:
    """Take four pictures of the page as it is now, and two of each of its dialogs."""
    for look, viewport, scheme in LOOKS:
        tab.set_viewport_size(viewport)
        tab.emulate_media(color_scheme=scheme)
        tab.screenshot(path=FOLDER / f"{name}--{look}.png", full_page=True)
        if (picture := f"{name.partition('-')[2]}--{look}") in TOUR:
            tab.screenshot(path=FOLDER / "tour" / f"{picture}.png")
    for look, viewport, scheme in (LOOKS[0], LOOKS[3]):
        tab.set_viewport_size(viewport)
        tab.emulate_media(color_scheme=scheme)
        for dialog in dialogs_of(tab):
            tab.screenshot(path=FOLDER / f"{name}-{dialog}--{look}.png")


def test_screenshots_of_emails(chromium: Browser, db: None) -> None:
    """Take pictures of each kind of email, as a mail program shows it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    tab = chromium.new_page()
    for kind, write in MAILS.items():
        tab.set_content(write(UserFactory()).alternatives[0][0])
        name = kind.replace(", ", "-").replace(" ", "-")
        for look, viewport, scheme in LOOKS:
            tab.set_viewport_size(viewport)
            tab.emulate_media(color_scheme=scheme)
            tab.screenshot(path=FOLDER / f"email-{name}--{look}.png", full_page=True)
    tab.close()
