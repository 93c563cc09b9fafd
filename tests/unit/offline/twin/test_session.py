"""Paths reach Java and its log as they are, whatever characters they contain."""

from __future__ import annotations

import pytest

from offline.twin.spark import session


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-Da=/x", '"-Da=/x"'),
        ("-Da=/my lake", '"-Da=/my lake"'),
        ("-Da=it's", '"-Da=it\'s"'),
        ('-Da="q"', '"-Da=\\"q\\""'),
        ("-Da=a\\b", '"-Da=a\\\\b"'),
    ],
)
def test_an_option_is_one_word_for_sparks_launcher(text: str, expected: str) -> None:
    assert session.quoted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/lake/log", "/lake/log"),
        ("/läke", "/l\\u00e4ke"),
        ("/\N{WHALE}", "/\\ud83d\\udc0b"),
        ("/a\\b", "/a\\\\b"),
        ("/$HOME ${x}", "/$HOME $${x}"),
    ],
)
def test_a_value_of_a_properties_file_is_ascii(text: str, expected: str) -> None:
    assert session._property(text) == expected
