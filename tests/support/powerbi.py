"""The SQL that a table of the Power BI model sends, from its TMDL text."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PART = re.compile(
    r'"((?:[^"]|"")*)"|Text\.Replace\((\w+), "\'", "\'\'"\)|Date\.ToText\(Date\.From\((\w+)\), "yyyy-MM-dd"\)|(\w+)'
)


def native_sql(tmdl: str, parameters: Mapping[str, str]) -> str:
    """The text of the one query of a table, with these values of the model's parameters."""
    (expression,) = set(re.findall(r"Rows = Odbc\.Query\(Connection, (.+)\)\n", tmdl))
    text = ""
    for literal, replaced, day, name in _PART.findall(expression):
        if replaced:
            text += parameters[replaced].replace("'", "''")
        elif day or name:
            text += parameters[day or name]
        else:
            text += literal.replace('""', '"')
    return text
