"""The tables that a piece of Athena SQL reads."""

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from contracts.errors import ContractError


def table_names(sql: str, *, where: str) -> set[tuple[str, str]]:
    """Every table in the text as (database, name), the database '' if not written; its own CTEs are left out.

    ContractError naming the file `where` if the SQL does not parse.
    """
    try:
        tree = sqlglot.parse_one(sql, read="athena")
    except SqlglotError as error:
        raise ContractError(f"{where}: {str(error).splitlines()[0]} Fix the SQL.") from None
    ctes = {("", cte.alias_or_name) for cte in tree.find_all(exp.CTE)}
    return {(table.db, table.name) for table in tree.find_all(exp.Table)} - ctes
