"""Records of CSV files with thousands of columns: cut to the declared ones before they are parsed.

The time that Spark takes to set up its CSV parser grows with the square of the number of columns.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from glue_jobs.lib.source_definition.csv_patterns import CsvPatterns
from glue_jobs.lib.source_definition.header import Header
from glue_jobs.lib.source_definition.source import FileKind
from glue_jobs.lib.source_definition.source_loader import MOST_COLUMNS

# More columns than a source can declare. Below, the parser's own way of splitting records costs less than a regular expression.
WIDE = MOST_COLUMNS
# Stands in the field after the declared ones: a text of one empty field would be no record.
END = "."


def narrowed(text: DataFrame, kind: FileKind, header: Header) -> DataFrame:
    """Adds `_narrow`: the declared fields of each record in `_text`, in the file's order, and END.

    A record may lack fields at its end if their columns are optional or not declared, and may have empty ones too many. Any
    other number of fields shows as a field after END, which makes the record malformed.
    """
    declared = [place for place, column in enumerate(header.columns) if column]
    needed = max((place for place in declared if not _is_optional(header, place)), default=0) + 1
    delimiter, cells = F.lit(kind.delimiter), F.col("_cells")
    found = F.call_function(
        "regexp_extract_all", F.concat(delimiter, "_text"), F.lit(CsvPatterns(kind.delimiter, kind.quote).each), F.lit(1)
    )
    extra = F.slice(cells, len(header.columns) + 1, F.size(cells))
    fits = (F.size(cells) >= needed) & ~F.exists(extra, lambda cell: cell != "")
    fields = [F.coalesce(F.get(cells, F.lit(place)), F.lit("")) for place in declared]
    misfit = F.when(fits, F.lit("")).otherwise(delimiter)
    return text.withColumn("_cells", found).withColumn(
        "_narrow", F.concat(F.concat_ws(kind.delimiter, *fields, F.lit(END)), misfit)
    )


def _is_optional(header: Header, place: int) -> bool:
    column = header.columns[place]
    return column is None or column.optional
