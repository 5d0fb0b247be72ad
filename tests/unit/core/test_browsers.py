"""Sessions have the names that people use for their devices."""

import pytest

from cases.core.browsers import name_of

APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0"


@pytest.mark.parametrize(
    ("name", "user_agent"),
    [
        ("Firefox on Windows", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0"),
        ("Chrome on macOS", f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {CHROME} Safari/537.36"),
        ("Edge on Windows", f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Edg/131.0.0.0"),
        (
            "Safari on iPhone",
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1) {APPLE} Version/18.1 Safari/604.1",
        ),
        ("Firefox on iPad", f"Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) {APPLE} FxiOS/133.0 Safari/605.1.15"),
        ("Samsung Internet on Android", f"Mozilla/5.0 (Linux; Android 14; SM-S918B) {CHROME} SamsungBrowser/27.0"),
        ("Chrome on ChromeOS", f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36"),
        ("Linux", "Mozilla/5.0 (X11; Linux x86_64) SomethingNew/1.0"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("Unknown browser", ""),
    ],
)
def test_a_session_has_a_name(name, user_agent):
    assert name_of(user_agent) == name
