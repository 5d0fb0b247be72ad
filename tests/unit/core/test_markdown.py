"""Markdown that people write: it becomes HTML in bounded time, without anything hostile."""

import re
import string
import time

import pytest

from cases.core import limits, markdown

MOST = limits.ANSWER


def test_the_usual_things_are_rendered():
    found = markdown.render("Dear *Alex*,\nit is **done**.\n\n- one\n- two\n\n3. three\n\n> quoted\n\n`code`")
    for part in ("<em>Alex</em>,<br>", "<strong>done</strong>", "<li>one</li>", '<ol start="3">', "<blockquote>"):
        assert part in found


@pytest.mark.parametrize("address", ["https://example.org/a?b=1&c=2", "http://example.org", "mailto:a@example.org"])
@pytest.mark.parametrize("form", ["[here]({})", "<{}>"])
def test_links_lead_to_the_web_and_to_mail(form, address):
    found = markdown.render(form.format(address))
    link = re.search(r'<a href="([^"]+)" rel="([^"]+)">', found)
    assert link[1].replace("&amp;", "&") == address
    assert link[2] == "noopener noreferrer nofollow"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("See https://example.org/a_b_c?d=1&e=2.", "https://example.org/a_b_c?d=1&e=2"),
        ("(http://example.org/)", "http://example.org/"),
        ("- **https://example.org**", "https://example.org"),
        ("https://example.org/`x`", "https://example.org/"),
    ],
)
def test_a_pasted_address_is_a_link(text, address):
    found = markdown.render(text)
    assert [link.replace("&amp;", "&") for link in re.findall(r'href="([^"]+)"', found)] == [address]


@pytest.mark.parametrize(
    "text", ["`https://example.org`", "a\n\n    https://example.org", "[https://a.example](https://example.org)"]
)
def test_code_and_links_get_no_further_links(text):
    assert markdown.render(text).count("<a ") == text.count("[")


HOSTILE_LINKS = [
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#115;cript:alert(1))",
    "[x](&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A;alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x]( javascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](data:image/png;base64,AAAA)",
    "[x](vbscript:msgbox(1))",
    "[x](file:///etc/passwd)",
    "[x](blob:https://example.org/1)",
    "[x](//evil.example)",
    "[x](/accounts/logout/)",
    "[x](?preview=1)",
    "[x](#answer)",
    "[x](tel:+12125550147)",
    "<javascript:alert(1)>",
    "[x][y]\n\n[y]: javascript:alert(1)",
    '[x](https://example.org "title" onclick=alert(1))',
]


@pytest.mark.parametrize("text", HOSTILE_LINKS)
def test_no_other_link_is_one(text):
    found = markdown.render(text)
    assert all(address.startswith("https://example.org") for address in re.findall(r'href="([^"]*)"', found)), found
    assert "onclick" not in re.sub(r">[^<]*<", "><", found)


RAW = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src=https://evil.example></iframe>",
    "<style>body { display: none }</style>",
    "<a href='javascript:alert(1)'>x</a>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<!-- <script>alert(1)</script> -->",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<form action=/accounts/logout/><button>x</button></form>",
    "a <b onmouseover=alert(1)>b</b>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?>",
    "```html\n<script>alert(1)</script>\n```",
    "    <script>alert(1)</script>",
    "`<script>`",
]


@pytest.mark.parametrize("text", RAW)
def test_html_is_text(text):
    found = markdown.render(text)
    tags = set(re.findall(r"</?([a-z0-9]+)", found))
    assert tags <= {"p", "pre", "code", "br", "a"}, found
    assert all(address.startswith("https://") for address in re.findall(r'href="([^"]*)"', found))
    assert "&lt;" in found


@pytest.mark.parametrize("text", ["![x](https://example.org/x.png)", "![x][y]\n\n[y]: https://example.org/x.png"])
def test_there_are_no_images(text):
    assert "<img" not in markdown.render(text)


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("# a\n\n## b\n\n### c", ["h3", "h4", "h4"]),
        ("### a\n\n###### b", ["h3", "h4"]),
        ("a\n=\n\nb\n-", ["h3", "h4"]),
    ],
)
def test_headings_belong_below_that_of_the_section(text, tags):
    assert re.findall(r"<(h\d)>", markdown.render(text)) == tags


HEBREW = "\u05e9\u05dc\u05d5\u05dd"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("", ""), ("   ", ""), (HEBREW, HEBREW), ("a\x00b", "ab"), ("\x00", ""), ("\ud83d\ude00", ""), ("a" * MOST,) * 2],
    ids=["nothing", "spaces", "Hebrew", "NUL", "NUL alone", "surrogates", "the longest"],
)
def test_any_text_is_rendered(text, shown):
    assert markdown.render(text) == (f"<p>{shown}</p>\n" if shown else "")


def within_two_seconds(text):
    """Measured in processor time, so that a busy machine makes no difference."""
    began = time.process_time()
    found = markdown.render(text)
    assert time.process_time() - began < 2, text[:20]
    return found


@pytest.mark.parametrize("symbol", [*string.punctuation, "\n", " ", "\t", "a", "1", "\u00e9", "\U0001f600"])
def test_one_symbol_20_000_times_is_rendered_within_two_seconds(symbol):
    within_two_seconds(symbol * MOST)


LEVELS = 10_000
DEEP = {
    "quotes": ">" * LEVELS + "a",
    "spaced quotes": "> " * LEVELS,
    "lists": "- " * 9999 + "a",
    "numbered": "1. " * (MOST // 3),
    "brackets": "[" * LEVELS + "]" * LEVELS,
    "closing first": "]" * LEVELS + "[" * LEVELS,
    "links in links": "[" * 4999 + "a" + "](b)" * 3750,
    "half links": "[a](" * 5000,
    "links with half titles": '[a](b "' * (MOST // 7),
    "angle links": "[a](<b" * (MOST // 6),
    "parentheses": "[a](" + "(" * LEVELS + ")" * 9990,
    "emphasis": "*" * LEVELS + "a" + "*" * 9999,
    "strong in emphasis": "**a *b " * (MOST // 7),
    "mixed emphasis": "*a_ " * 5000,
    "underscores": "_a" * LEVELS,
    "odd emphasis": "a**b" + "c* " * 6600,
    "code spans": "".join("`" * n + " " for n in range(1, 199)),
    "backticks and lines": "`a\n" * 6600,
    "autolinks": "<a:" * 6600,
    "half tags": "<a b=" * 4000,
    "comments": "<!--" * 5000,
    "entities": "&#x" * 6600,
    "long entity": "&" + "a" * 19_990 + ";",
    "escapes": "\\" * LEVELS + "*" * LEVELS,
    "indented list": "\n".join(" " * n + "- a" for n in range(190)),
    "definitions": "[a]: b\n" * (MOST // 7),
    "nested quotes and lists": "> - " * 5000,
    "headings": "# a\n" * 5000,
    "setext": "a\n=\n" * 5000,
    "images": "![" * LEVELS,
    "fences": "```\n" * 5000,
    "rules": "***\n" * 5000,
    "lazy quotes": ">a\nb\n" * 4000,
    "pasted": "https://" + ")" * 19_990,
    "many pasted": "https://a.) " * 1600,
    "pasted in a row": "https://" * 2500,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP.keys())
def test_hostile_shapes_take_bounded_time_and_depth(text):
    assert len(text) <= MOST
    found = within_two_seconds(text)
    depth = deepest = 0
    for tag in re.findall(r"<(/?)(?!br|hr)[a-z]", found):
        depth += -1 if tag else 1
        deepest = max(deepest, depth)
    assert deepest <= 2 * markdown.MAX_NESTING + 5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Dear **Alex**,\nplease *send* it.", "Dear Alex, please send it."),
        ("# Hello\n\n- one\n- [two](https://example.org)\n\n> `three`", "Hello one two three"),
        ("    code\n\n<b>no</b>", "code <b>no</b>"),
        ("", ""),
    ],
)
def test_the_words_alone(text, words):
    assert markdown.plain(text) == words
