"""Filters of the templates."""

import pytest

from cases.templatetags.portal import back_link, breakable


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


def test_a_way_back_leads_to_a_view_or_to_an_address_and_escapes_its_words():
    assert 'href="/people/7/"' in back_link("<b>", "person", 7)
    assert 'href="/cases/?state=held&amp;page=2"' in back_link("Cases", "/cases/?state=held&page=2")
    assert "&lt;b&gt;</a>" in back_link("<b>", "people")
