"""Filters of the templates."""

import pytest

from cases.templatetags.portal import breakable


@pytest.mark.parametrize(
    ("address", "html"),
    [
        ("noah@example.com", "noah@<wbr>example.com"),
        ('"a@b"@example.com', "&quot;a@b&quot;@<wbr>example.com"),
        ("<b>@example.com", "&lt;b&gt;@<wbr>example.com"),
    ],
)
def test_an_address_breaks_before_its_domain_and_is_escaped(address, html):
    assert breakable(address) == html
