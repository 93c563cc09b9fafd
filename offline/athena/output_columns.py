"""Output columns in HAVING and ORDER BY as Athena resolves them: HAVING sees the tables' columns, ORDER BY output columns first.

The optimizer leaves both clauses alone, and DuckDB prefers a table's column to an output column of the same name.
"""

from __future__ import annotations

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena.registry import FUNCTIONS


def prepare(tree: exp.Query) -> None:
    """Let the optimizer qualify HAVING as it does WHERE, and keep positions in ORDER BY as they are."""
    for select in tree.find_all(exp.Select):
        having = select.args.get("having")
        if having is not None:
            select.set("having", exp.Where(this=having.this))
        for item in _items(select):
            if isinstance(item.this, exp.Literal) and item.this.is_int:
                item.meta["position"] = int(item.this.name)
                item.set("this", exp.Null())


def restore(tree: exp.Query) -> None:
    """Write the clauses back, with each output column in ORDER BY replaced by its position or its expression."""
    for select in tree.find_all(exp.Select):
        having = select.args.get("having")
        if having is not None:
            select.set("having", exp.Having(this=having.this))
        for item in _items(select):
            if "position" in item.meta:
                item.set("this", exp.Literal.number(item.meta["position"]))
            else:
                _resolve(select, item)
        if select.args.get("distinct") is not None:
            _check_distinct(select)


def _items(select: exp.Select) -> list[exp.Ordered]:
    order = select.args.get("order")
    return [item for item in order.expressions if isinstance(item, exp.Ordered)] if order is not None else []


def _resolve(select: exp.Select, item: exp.Ordered) -> None:
    outputs = {output.alias_or_name: position for position, output in enumerate(select.selects, 1)}
    if isinstance(item.this, exp.Column) and not item.this.table:
        if item.this.name in outputs:
            item.set("this", exp.Literal.number(outputs[item.this.name]))
        return
    for column in list(item.find_all(exp.Column)):
        if column.table or column.name not in outputs or column.find_ancestor(exp.Select) is not select:
            continue
        if _is_aggregated(column, item):
            raise UsageError(
                f"ORDER BY {column.name} inside an aggregate is an output column, which Athena refuses there; order by the "
                "output column itself, or give it another name."
            )
        expression = select.selects[outputs[column.name] - 1].unalias()
        column.replace(exp.Paren(this=expression.copy()))


def _is_aggregated(column: exp.Column, item: exp.Ordered) -> bool:
    node = column.parent
    while node is not None and node is not item:
        if isinstance(node, exp.Anonymous) and node.name in FUNCTIONS and FUNCTIONS[node.name].kind == "aggregate":
            return not isinstance(node.parent, exp.Window)
        node = node.parent
    return False


def _check_distinct(select: exp.Select) -> None:
    outputs = {output.unalias().sql() for output in select.selects}
    for item in _items(select):
        if not isinstance(item.this, exp.Literal) and item.this.sql() not in outputs:
            raise UsageError("With SELECT DISTINCT, Athena orders by output columns only; add the expression to the SELECT.")
