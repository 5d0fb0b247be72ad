"""Every page of a technician. See page_reader.py."""

from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.page_reader import read_every_page
from tests.pages import TECHNICIAN

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_every_page_of_a_technician(chromium: Browser, live_server: Any) -> None:
    read_every_page(TECHNICIAN, chromium, live_server.url)
