"""Every page of people who come as members. See page_reader.py."""

from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.page_reader import read_every_page
from tests.pages import MEMBER, NEWCOMER, STRANGER

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("person", [STRANGER, MEMBER, NEWCOMER])
def test_every_page_of(person: str, chromium: Browser, live_server: Any) -> None:
    read_every_page(person, chromium, live_server.url)
