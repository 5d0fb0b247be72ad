"""The words of a text: folded, however people type them."""

import pytest

from cases.core.search_words import LONGEST, first_words, searchable, words_of

WORDS = {
    "Divorce order, Divorce ORDER!": ["divorce", "order"],
    "Árbol straße \u0130stanbul": ["arbol", "strasse", "istanbul"],
    "final_report-2024.v2.pdf": ["final", "report", "2024", "v2", "pdf"],
    "mia@example.com C-7K2M9QX4TB": ["mia", "example", "com", "c", "7k2m9qx4tb"],
    "don\u2019t 100% co\u00adoperate": ["don", "t", "100", "cooperate"],
    "abc年金相談": ["abc", "年", "金", "相", "談"],
    "договор \u200b % _ '\":*&|@#": ["договор"],
    "\uff26orm\uff0d\uff17 \ufb01ne m\u00b2 \u00bd \u2460\u2461": ["form", "7", "fine", "m2", "1", "2", "12"],
    "x" * 100: ["x" * LONGEST],
}


@pytest.mark.parametrize("text", WORDS)
def test_a_text_has_these_words(text):
    assert words_of(text) == WORDS[text]


def test_before_each_searchable_word_is_a_space_and_none_is_cut():
    assert searchable(["Pension pension", "Refund\nform"], 100) == " pension refund form"
    assert searchable(["Pension", "refund"], 15) == " pension refund"
    assert searchable(["Pension", "refund"], 14) == " pension"
    assert searchable(["%"], 10) == searchable(["pension"], 3) == ""


def test_a_text_with_too_many_words_is_cut():
    assert first_words("Refund-form, C-7K2M", 4) == "Refund-form, C-7K2M"
    assert first_words("Refund-form, C-7K2M", 3) == "refund form c"
    assert first_words("年金相談", 3) == "年 金 相"
