"""Markdown that people write, as HTML.

Two libraries would both have to fail before a script reaches a reader. markdown-it-py renders it: HTML in it stays
text, and images and links with other schemes are not rendered. nh3 then keeps the elements of ALLOWED and removes every
other one.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Sequence

import nh3
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.token import Token

from cases.core.text import clean_text

SCHEMES = ("http", "https", "mailto")
ALLOWED = {"p", "br", "hr", "h3", "h4", "strong", "em", "a", "ul", "ol", "li", "blockquote", "code", "pre"}
# Quotes and lists within each other. Text that lies deeper is left out.
MAX_NESTING = 20
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
# An address as people paste it. Punctuation or a bracket after it is not part of it.
PASTED = re.compile(r"""https?://[^\s<>"']*[^\s<>"'.,;:!?)\]]""")


def render(text: str) -> SafeString:
    """Return `text`, which may be hostile, as HTML for a page. A line end is a line end."""
    parser = _parser()
    tokens = parser.parse(clean_text(text))
    _lower_headings(tokens)
    for token in tokens:
        if token.children:
            token.children = list(_with_links(_shallow(token.children)))
    cleaned = _cleaner().clean(parser.renderer.render(tokens, parser.options, {}))
    return SafeString(cleaned)  # nosec B703 - nh3 let nothing through but ALLOWED


def plain(text: str) -> str:
    """Return the words of `text` in one line, without marks."""
    blocks = _parser().parse(clean_text(text))
    texts = (" " if part.type.endswith("break") else part.content for block in blocks for part in _parts_of(block))
    return " ".join("".join(texts).split())


def _parts_of(block: Token) -> Sequence[Token]:
    """Return what the text of `block` is made of, and a break after it."""
    end = Token("softbreak", "", 0)
    return [*block.children, end] if block.children else [block, end]


@functools.cache
def _parser() -> MarkdownIt:
    options = {"html": False, "breaks": True, "maxNesting": MAX_NESTING}
    parser = MarkdownIt("commonmark", options).disable(["image", "html_block", "html_inline", "reference"])
    parser.validateLink = _is_harmless  # type: ignore[assignment, method-assign]
    return parser


@functools.cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=ALLOWED,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes=set(SCHEMES),
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
    )


def _is_harmless(address: str) -> bool:
    return address.strip().lower().startswith(tuple(f"{scheme}:" for scheme in SCHEMES))


def _lower_headings(tokens: Iterable[Token]) -> None:
    """Make the highest headings h3, which belong below the h2 of a section, and all others h4."""
    headings = [token for token in tokens if token.tag in HEADINGS]
    highest = min((token.tag for token in headings), default="")
    for token in headings:
        token.tag = "h3" if token.tag == highest else "h4"


def _shallow(tokens: Iterable[Token]) -> Iterator[Token]:
    """Yield `tokens` of a paragraph without marks that are nested too deeply. The parser limits only blocks."""
    depth = 0
    for token in tokens:
        depth += token.nesting == 1
        if token.nesting == 0 or depth <= MAX_NESTING:
            yield token
        depth -= token.nesting == -1


def _with_links(tokens: Iterable[Token]) -> Iterator[Token]:
    """Yield `tokens` of a paragraph, and turn addresses in its text that are not links yet into links."""
    is_linked = False
    for token in tokens:
        if token.type in ("link_open", "link_close"):
            is_linked = token.type == "link_open"
        if token.type != "text" or is_linked:
            yield token
            continue
        end = 0
        for found in PASTED.finditer(token.content):
            yield Token("text", "", 0, content=token.content[end : found.start()])
            yield Token("link_open", "a", 1, attrs={"href": _parser().normalizeLink(found[0])})
            yield Token("text", "", 0, content=found[0])
            yield Token("link_close", "a", -1)
            end = found.end()
        yield Token("text", "", 0, content=token.content[end:])
