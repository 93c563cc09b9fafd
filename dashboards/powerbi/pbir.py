"""The report as PBIR files: pages and visuals over the fields of the model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from contracts.document import suggest
from contracts.errors import UsageError
from dashboards.powerbi.model import FOLDER, Model, Table

SCHEMAS = "https://developer.microsoft.com/json-schemas/fabric/item/report"
WIDTH, HEIGHT, GRID, GAP = 1280, 720, (12, 6), 12
THEME = "CY24SU10"
# The visual and the data roles of each kind of visual.
KINDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "card": ("card", {"values": "Values"}),
    "slicer": ("slicer", {"values": "Values"}),
    "table": ("tableEx", {"values": "Values"}),
    "matrix": ("pivotTable", {"rows": "Rows", "columns": "Columns", "values": "Values"}),
    "bars": ("clusteredBarChart", {"category": "Category", "y": "Y"}),
    "columns": ("clusteredColumnChart", {"category": "Category", "y": "Y"}),
    "line": ("lineChart", {"category": "Category", "y": "Y"}),
    "funnel": ("funnel", {"y": "Y"}),
}


def files(model: Model, file: Path = FOLDER / "pages.yaml") -> dict[str, str]:
    """The files of the folder `definition`, by their path. UsageError names the field that does not exist."""
    pages = yaml.safe_load(file.read_text(encoding="utf-8"))
    written = {
        "version.json": {"$schema": f"{SCHEMAS}/definition/versionMetadata/1.0.0/schema.json", "version": "2.0.0"},
        "report.json": {
            "$schema": f"{SCHEMAS}/definition/report/3.0.0/schema.json",
            "themeCollection": {
                "baseTheme": {
                    "name": THEME,
                    "reportVersionAtImport": {"visual": "2.0.0", "report": "3.0.0", "page": "2.0.0"},
                    "type": "SharedResources",
                }
            },
        },
        "pages/pages.json": {
            "$schema": f"{SCHEMAS}/definition/pagesMetadata/1.0.0/schema.json",
            "pageOrder": [page["name"] for page in pages],
            "activePageName": pages[0]["name"],
        },
    }
    for page in pages:
        written[f"pages/{page['name']}/page.json"] = {
            "$schema": f"{SCHEMAS}/definition/page/2.0.0/schema.json",
            "name": page["name"],
            "displayName": page["title"],
            "displayOption": "FitToPage",
            "height": HEIGHT,
            "width": WIDTH,
        }
        for number, visual in enumerate(page["visuals"], start=1):
            name = f"{page['name']}-{number:02}"
            written[f"pages/{page['name']}/visuals/{name}/visual.json"] = _visual(model, name, number, visual)
    return {path: json_text(content) for path, content in written.items()}


def json_text(content: object) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _visual(model: Model, name: str, number: int, entry: Mapping[str, Any]) -> dict[str, Any]:
    kind, roles = KINDS[entry["kind"]]
    state = {role: {"projections": [_projection(model, name, field) for field in entry[key]]} for key, role in roles.items()}
    title = entry["title"].replace("'", "''")
    return {
        "$schema": f"{SCHEMAS}/definition/visualContainer/2.0.0/schema.json",
        "name": name,
        "position": _position(entry["at"], number),
        "visual": {
            "visualType": kind,
            "query": {"queryState": state},
            "visualContainerObjects": {
                "title": [{"properties": {"show": _literal("true"), "text": _literal(f"'{title}'")}}],
                "general": [{"properties": {"altText": _literal(f"'{title}'")}}],
            },
            "drillFilterOtherVisuals": True,
        },
    }


def _projection(model: Model, visual: str, field: str) -> dict[str, Any]:
    table_name, _, name = field.partition(".")
    table = model.table(table_name)
    kind = _field_kind(table, name, visual)
    return {
        "field": {kind: {"Expression": {"SourceRef": {"Entity": table.name}}, "Property": name}},
        "queryRef": field,
        "nativeQueryRef": name,
        **({"active": True} if kind == "Column" else {}),
    }


def _field_kind(table: Table, name: str, visual: str) -> str:
    measures, columns = ([one.name for one in part] for part in (table.measures, table.columns))
    if name in measures:
        return "Measure"
    if name in columns:
        return "Column"
    raise UsageError(
        f"pages.yaml: {visual} shows {table.name}.{name}, which is not there; {suggest(name, [*measures, *columns])}"
    )


def _position(at: list[int], number: int) -> dict[str, int]:
    """Pixels of a place on the grid: column, row, width, height."""
    column, row, width, height = at
    across, down = WIDTH // GRID[0], HEIGHT // GRID[1]
    return {
        "x": column * across + GAP // 2,
        "y": row * down + GAP // 2,
        "z": number * 1000,
        "height": height * down - GAP,
        "width": width * across - GAP,
        "tabOrder": number * 1000,
    }


def _literal(text: str) -> dict[str, Any]:
    return {"expr": {"Literal": {"Value": text}}}
