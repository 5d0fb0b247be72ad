"""Find rows by the beginnings of words, newest first, at a cost that depends on what is found.

A table of words has text columns with a space before each word. PostgreSQL has a GIN index over the words of all
columns as a `tsvector`, SQLite an FTS5 table that triggers maintain (the migration that creates the table has both). A
GIN index has no order, and a common word is in most rows. So on PostgreSQL each word is indexed with the number of its
BLOCK of keys before it, "12:pension", and a search goes from the newest block to the oldest until it has enough. It
reads at most one block too many, and for a rare word a probe for each block (tests/unit/selectors has the plans).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

# The number of keys in a block. The index expressions of the migrations use it too.
BLOCK = 10_000
# One word that a row must have, as alternatives: beginnings of words, and whole words.
Alternatives = tuple[Sequence[str], Sequence[str]]


@dataclass(frozen=True)
class WordIndex:
    """The index of a table: its name, its key, and all of its columns with words."""

    table: str
    key: str
    columns: tuple[str, ...]

    def newest(self, words: Sequence[Alternatives], most: int) -> list[int]:
        """Return the keys of the newest rows that have each of `words`, at most `most`. One statement."""
        return self.newest_of_each([words], most)[0] if words else []

    def newest_of_each(self, searches: Sequence[Sequence[Alternatives]], most: int) -> list[list[int]]:
        """Do the same as `newest` for several searches, in one statement. None of them may be empty."""
        if not searches:
            return []
        sql = self._on_postgresql() if connection.vendor == "postgresql" else self._on_sqlite()
        query = _tsquery if connection.vendor == "postgresql" else _match
        parts = [f"SELECT {number} AS search, part.* FROM ({sql}) AS part" for number in range(len(searches))]  # noqa: S608
        parameters = [value for words in searches for value in (query(words), most)]
        found: list[list[int]] = [[] for _ in searches]
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), parameters)
            for number, key in cursor.fetchall():
                found[number].append(key)
        return found

    def _on_postgresql(self) -> str:
        # The expression is that of the index, to the letter. Words are in blocks from the newest key down.
        words = " || ".join(f'"{column}"' for column in self.columns)
        block = f"(\"{self.key}\" / {BLOCK})::text || ':'"
        indexed = f"array_to_tsvector(string_to_array(ltrim(replace({words}, ' ', ' ' || {block})), ' '))"
        newest = f'(SELECT "{self.key}" FROM "{self.table}" ORDER BY "{self.key}" DESC LIMIT 1)'  # noqa: S608
        return (
            f"SELECT found.* FROM generate_series({newest} / {BLOCK}, 0, -1) AS block"  # noqa: S608
            f' CROSS JOIN LATERAL (SELECT "{self.key}" FROM "{self.table}"'
            f" WHERE {indexed} @@ replace(%s, '#', block::text || ':')::tsquery"
            f' ORDER BY "{self.key}" DESC) AS found LIMIT %s'
        )

    def _on_sqlite(self) -> str:
        fts = f"{self.table}_fts"
        return f"SELECT rowid FROM {fts} WHERE {fts} MATCH %s ORDER BY rowid DESC LIMIT %s"  # noqa: S608


def _tsquery(words: Sequence[Alternatives]) -> str:
    """Write `words` for PostgreSQL, with # in place of the block number. They contain no characters to escape."""
    each = ([*(f"'#{word}':*" for word in begins), *(f"'#{word}'" for word in whole)] for begins, whole in words)
    return " & ".join(f"({' | '.join(alternatives)})" for alternatives in each)


def _match(words: Sequence[Alternatives]) -> str:
    """Write `words` for FTS5."""
    each = ([*(f'"{word}"*' for word in begins), *(f'"{word}"' for word in whole)] for begins, whole in words)
    return " AND ".join(f"({' OR '.join(alternatives)})" for alternatives in each)


CASES = WordIndex(
    "cases_casewords",
    "case_id",
    ("member", "title", "description", "submissions", "answer", "reports", "notes"),
)
PEOPLE = WordIndex("cases_personwords", "person_id", ("names",))
