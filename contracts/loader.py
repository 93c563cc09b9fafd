"""Loads contracts by name. The files are package data, so they are found in a wheel, a zip on Glue and a checkout."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from contracts.columns import custom_properties, identifier, read_column, read_rule
from contracts.document import Node, read_document, suggest
from contracts.errors import ContractError, UsageError
from contracts.model import Column, Contract, Rule
from contracts.received import TABLE_MARKS, check_zone, read_requests
from contracts.zones import LEDGER_TABLES, TABLE_ZONES, Zone

_SUFFIX = ".odcs.yaml"
_API_VERSION = "v3.1.0"
_PARTITIONS = (("source",), ("source", "period"))
_MARKS = ("timeColumn", "versionColumn", "incremental", "endColumn", "gapMinutes", *TABLE_MARKS)


def load(name: str) -> Contract:
    """The contract of the table `name`. LakeError if there is none or it is invalid."""
    if name not in _files():
        raise UsageError(f"{name}: there is no table with this name; {suggest(name, _files())}")
    return _read(name)


def load_all(zone: str | None = None) -> dict[str, Contract]:
    """The contracts of all tables, or those of one zone, by name in alphabetical order. Raw has no tables: ask for it."""
    if zone is not None and zone not in tuple(Zone):
        raise UsageError(f"{zone}: there is no such zone; {suggest(zone, Zone)}")
    zones = TABLE_ZONES if zone is None else (zone,)
    return {name: _read(name) for name, (place, _) in sorted(_files().items()) if place in zones}


def versions(name: str) -> list[Contract]:
    """The versions of a contract that are still accepted, oldest first: those in `former`, then today's."""
    contract = load(name)
    folder = resources.files("contracts") / contract.zone / "former"
    files = [file for file in folder.iterdir() if file.name.startswith(f"{name}_")] if folder.is_dir() else []
    former = [parse(file.read_text(encoding="utf-8"), where=f"contracts/{contract.zone}/former/{file.name}") for file in files]
    return [*sorted(former, key=lambda each: [int(part) for part in each.version.split(".")]), contract]


def data_tables() -> list[str]:
    """The processed tables with shop data: all except the ledger and quarantine."""
    return [name for name in load_all(Zone.PROCESSED) if name not in LEDGER_TABLES]


@cache
def _files() -> dict[str, tuple[str, Traversable]]:
    """Zone and file of every contract in the package, by table name. Names are unique across zones."""
    files: dict[str, tuple[str, Traversable]] = {}
    for zone in Zone:
        folder = resources.files("contracts") / zone
        for file in folder.iterdir() if folder.is_dir() else ():
            name = file.name.removesuffix(_SUFFIX)
            if name == file.name:
                continue
            if name in files:
                raise ContractError(f"contracts/{zone}/{file.name}: {files[name][0]} has this table, too; rename one.")
            files[name] = (zone, file)
    return files


@cache
def _read(name: str) -> Contract:
    zone, file = _files()[name]
    where = f"contracts/{zone}/{file.name}"
    contract = parse(file.read_text(encoding="utf-8"), where=where)
    if (contract.zone, contract.name) != (zone, name):
        raise ContractError(f"{where}: id is {contract.zone}.{contract.name}; name it {zone}.{name}, as the file is.")
    return contract


def parse(text: str, *, where: str) -> Contract:
    """Parses a contract (ODCS v3.1 YAML); `where` names the file in errors.

    LakeError for any violation: an unknown key or type, money that is not decimal, a missing description, grain or owner,
    a key, time or version column that does not exist, partition columns out of order.
    """
    root = read_document(text, where=where, example="a contract begins with apiVersion, kind, id, version and schema.")
    root.only(
        *("apiVersion", "kind", "id", "version", "status", "description", "team"),
        *("slaProperties", "schema"),
    )
    root.required("apiVersion", f"write `apiVersion: {_API_VERSION}`.")
    root.one_of("apiVersion", (_API_VERSION,))
    root.required("kind", "write `kind: DataContract`.")
    root.one_of("kind", ("DataContract",))
    root.required("status", "write `status: active`.")
    tables = root.children("schema", "name")
    if len(tables) != 1:
        root.refuse("schema", f"describes {len(tables)} tables, but must describe one; give each table its own file.")
    return _read_table(root, tables[0])


def _read_table(root: Node, table: Node) -> Contract:
    table.only(
        *("name", "physicalType", "dataGranularityDescription", "properties", "quality", "customProperties"),
    )
    table.one_of("physicalType", ("table",))
    name = identifier(table)
    properties = table.children("properties", "name")
    columns = tuple(read_column(node) for node in properties)
    names = [column.name for column in columns]
    for position, column in enumerate(names):
        if column in names[:position]:
            table.refuse(f"properties[{column}]", "is written twice; keep one.")
        if reused := set(columns[position].former_names) & set(names):
            table.refuse(f"properties[{column}]", f"has the former name {min(reused)}, a column of today; remove it.")
    described = root.child("description").only("purpose", "limitations")
    marks = custom_properties(table, *_MARKS)
    contract = Contract(
        name=name,
        zone=_read_zone(root, name),
        version=root.required("version", "write the contract's version in quotes, such as '1.0.0'."),
        description=described.prose("purpose", "say what the table holds and what it leaves out."),
        limitations=described.prose("limitations", "") if "limitations" in described.content else None,
        grain=table.prose("dataGranularityDescription", "say what one row is."),
        owner=root.child("team").only("name", "description").prose("name", "name the team that owns the table."),
        columns=columns,
        partition_columns=_positions(properties, flag="partitioned", position="partitionKeyPosition"),
        key=_positions(properties, flag="primaryKey", position="primaryKeyPosition"),
        version_column=_read_mark(marks, "versionColumn", columns),
        time_column=_read_mark(marks, "timeColumn", columns),
        incremental=marks.optional("incremental", bool) or False,
        end_column=_read_mark(marks, "endColumn", columns),
        gap_minutes=marks.optional("gapMinutes", int) or 0,
        rules=_read_rules(table, properties),
        freshness_hours=_read_freshness(root),
        requests=read_requests(marks, columns),
    )
    _check_additive(table, contract)
    check_zone(table, zone=contract.zone, columns=columns, requests=contract.requests)
    _check_partitions(table, marks, contract)
    return contract


def _read_zone(root: Node, name: str) -> str:
    identity = root.required("id", f"write `id: <zone>.{name}`.")
    zone, _, table = identity.partition(".")
    if zone not in tuple(Zone) or table != name:
        root.refuse("id", f"is {identity!r}; write <zone>.{name}, with one of the zones {', '.join(Zone)}.")
    return zone


def _read_mark(marks: Node, key: str, columns: Sequence[Column]) -> str | None:
    name = marks.one_of(key, [column.name for column in columns])
    kinds = {column.name: column.physical_type for column in columns}
    if name is not None and kinds[name] != "timestamp":
        marks.refuse(key, f"is {name}, a {kinds[name]}; name a column whose physicalType is timestamp.")
    return name


def _positions(properties: Sequence[Node], *, flag: str, position: str) -> tuple[str, ...]:
    """Names of the columns with `flag`, by their `position`, which must count 1, 2, 3 …"""
    flagged = [node for node in properties if node.optional(flag, bool)]
    for node in properties:
        if node in flagged and node.optional(position, int) is None:
            node.refuse(position, f"is missing; a column with {flag} says which it is: 1, 2, …")
        if node not in flagged and position in node.content:
            node.refuse(position, f"is set without `{flag}: true`; add that or leave the position out.")
    flagged.sort(key=lambda node: int(node.content[position]))
    for expected, node in enumerate(flagged, start=1):
        if node.content[position] != expected:
            node.refuse(position, f"is {node.content[position]}, but must be {expected}: positions count from 1, each once.")
    return tuple(str(node.content["name"]) for node in flagged)


def _read_rules(table: Node, properties: Sequence[Node]) -> tuple[Rule, ...]:
    entries: list[tuple[str | None, Node]] = [(None, entry) for entry in table.children("quality", "name")]
    entries += [(str(node.content["name"]), entry) for node in properties for entry in node.children("quality", "name")]
    rules: dict[str, Rule] = {}
    columns = [str(node.content["name"]) for node in properties]
    generated = {f"{column}_{kind}" for column in columns for kind in ("required", "enum", "range", "pattern")}
    for column, entry in entries:
        rule = read_rule(entry, column=column)
        if rule is None:
            continue
        if rule.name in rules or rule.name in generated:
            entry.refuse("name", f"is {rule.name!r}, which another rule of this table has; choose another name.")
        rules[rule.name] = rule
    return tuple(rules.values())


def _check_additive(table: Node, contract: Contract) -> None:
    for column in contract.columns:
        for dimension in column.additive:
            if dimension not in contract.key:
                table.refuse(
                    f"properties[{column.name}]",
                    f"is additive over {dimension}, which is not in the key; {suggest(dimension, contract.key)}",
                )


def _read_freshness(root: Node) -> int | None:
    hours = None
    for node in root.children("slaProperties", "property"):
        node.only("property", "value", "unit", "element", "description").one_of("property", ("freshness",))
        node.required("unit", "write `unit: h`.")
        node.one_of("unit", ("h",))
        hours = node.optional("value", int)
        if hours is None or hours < 1:
            node.refuse("value", "must be a whole number of hours, 1 or more.")
    return hours


def _check_partitions(table: Node, marks: Node, contract: Contract) -> None:
    partitions = contract.partition_columns
    if partitions not in _PARTITIONS:
        names = ", ".join(partitions) or "none"
        table.refuse("properties", f"has the partition columns {names}; partition by source, or by source and then period.")
    if contract.names[-len(partitions) :] != partitions:
        table.refuse("properties", f"must end with the partition columns in their order: {', '.join(partitions)}.")
    for name in partitions:
        if contract.column(name).physical_type != "string":
            table.refuse(f"properties[{name}].physicalType", "must be string: folder names are text.")
    if contract.time_column and "period" not in partitions:
        marks.refuse("timeColumn", "is set, so the table needs the partition column period after source; add it.")
    if contract.incremental and "period" not in partitions:
        marks.refuse("incremental", "is true, but the table has no period to be recomputed by; add period or drop it.")
    if contract.end_column and not (contract.incremental and contract.time_column and contract.key):
        marks.refuse("endColumn", "is set, so the table must be incremental and have a timeColumn and a key; add them.")
    if "gapMinutes" in marks.content and (contract.gap_minutes < 1 or not contract.end_column):
        marks.refuse("gapMinutes", "must be a whole number of minutes, 1 or more, next to an endColumn.")
