"""Maps."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from offline.athena import athena_types
from offline.athena.arrays import same, substitute
from offline.athena.registry import Call, func, refuse, scalar


def _map(call: Call) -> exp.Expr:
    return func("lake_sorted_map", func("map", *call.args)) if call.args else func("map")


scalar(
    "map",
    "array? array?",
    lambda t: athena_types.map_of(athena_types.inner(t[0]), athena_types.inner(t[1])) if len(t) == 2 else athena_types.UNKNOWN,
    _map,
)
scalar("map_keys", "map", lambda t: athena_types.array(athena_types.inner(t[0])))
scalar("map_values", "map", lambda t: athena_types.array(athena_types.inner(t[0], 1)))
scalar(
    "map_entries",
    "map",
    lambda t: athena_types.array(athena_types.row([athena_types.inner(t[0]), athena_types.inner(t[0], 1)])),
    "lake_map_entries",
)
scalar("map_concat", "map map map*", same, lambda c: func("lake_sorted_map", func("map_concat", *c.args)))


def _from_entries(types: Sequence[exp.DataType]) -> exp.DataType:
    fields = athena_types.inner(types[0])
    return athena_types.map_of(athena_types.inner(fields), athena_types.inner(fields, 1))


scalar(
    "map_from_entries",
    "array",
    _from_entries,
    lambda c: func("lake_sorted_map", func("map_from_entries", *c.args)),
)


def _entry_lambda(call: Call) -> exp.Lambda:
    """(k, v) -> … over the entries of a map, which in DuckDB are structs of key and value."""
    entry = exp.to_identifier("lake_entry")
    names = [p.name for p in call.args[1].expressions]
    values = {name: func("struct_extract", entry, part) for name, part in zip(names, ("key", "value"), strict=True)}
    return exp.Lambda(this=substitute(call.args[1].this, values), expressions=[entry.copy()])


def _filter(call: Call) -> exp.Expr:
    return func("map_from_entries", func("list_filter", func("map_entries", call.args[0]), _entry_lambda(call)))


def _new_keys(call: Call) -> exp.Expr:
    entries = func("map_entries", call.args[0])
    return func(
        "lake_sorted_map", func("map", func("list_transform", entries, _entry_lambda(call)), func("map_values", call.args[0]))
    )


def _new_values(call: Call) -> exp.Expr:
    entries = func("map_entries", call.args[0])
    return func("map", func("map_keys", call.args[0]), func("list_transform", entries, _entry_lambda(call)))


scalar("map_filter", "map (k,v)", same, _filter)
scalar("transform_keys", "map (k,v)", lambda t: athena_types.map_of(t[1], athena_types.inner(t[0], 1)), _new_keys)
scalar("transform_values", "map (k,v)", lambda t: athena_types.map_of(athena_types.inner(t[0]), t[1]), _new_values)

refuse("map_zip_with multimap_from_entries", "unnest() both maps and join them")
