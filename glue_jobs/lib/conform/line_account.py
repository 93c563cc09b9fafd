"""The account of a file kind: the lines of its new files against the records that came out of them."""

from __future__ import annotations

import time

from pyspark.sql import functions as F

from glue_jobs.lib.conform import suspicions
from glue_jobs.lib.conform.line_counts import check_headers
from glue_jobs.lib.conform.raw_text import member_of
from glue_jobs.lib.conform.run import Run
from glue_jobs.lib.lake.account import TableAccount, reconcile
from glue_jobs.lib.source_definition.source import FileKind

COUNTED = ("records", "blanks", "headers", "preamble", "other_encoding", "other_headers")
# The warning that lines are valid UTF-8, though the source declares another encoding.
OTHER_ENCODING = "utf8_against_declaration"


def count_records(run: Run, kind: FileKind) -> list[TableAccount]:
    """Reconciles the lines of a kind's new files with the rows that came out of the SELECT, or with the records looked up."""
    clock = time.monotonic()
    if kind.records is None and run.new_uris(kind):
        files, run.places[kind.name] = run.survey(kind, run.plan.loaded(kind.name))
        rejects, control, processed = run.transformer.looked_up(kind, files)
        if rejects is not None:
            run.lookup_rejects[kind.name] = rejects
    elif kind.records and kind.name in run.places:
        staged, rejects = run.staged[kind.records], None
        processed = staged.read_by_kind.get(kind.name, staged.read_new)
        control = run.controls[kind.name](processed)
    else:
        return []
    suspicions.check(kind, control.doubts, source=run.source.name)
    run.notices += suspicions.notices(kind, control.doubts)
    counts = run.places[kind.name].where(F.col("file").isin(run.new_uris(kind)))
    # Each member of an archive has a header.
    lines = counts.groupBy("file", member_of("block")).agg(*[F.sum(name).alias(name) for name in COUNTED]).collect()
    check_headers(kind, [file.file for file in lines for _ in range(file.other_headers)], source=run.source.name)
    for file in lines:
        run.rows_by_file[file.file] = run.rows_by_file.get(file.file, 0) + file.records
    utf8 = sum(file.other_encoding for file in lines)
    no_records = {
        "blank_line": sum(file.blanks for file in lines),
        "preamble": sum(file.preamble for file in lines),
        "repeated_header": sum(max(file.headers - 1, 0) for file in lines),
    }
    account = TableAccount(
        table=f"raw_{kind.name}",
        read=sum(file.records for file in lines) + sum(no_records.values()) + control.unnested,
        processed=processed,
        quarantined=sum(control.broken.values()),
        quarantined_by_rule=control.broken,
        filtered_by_rule={**{rule: lines for rule, lines in no_records.items() if lines}, **control.filtered},
        warnings_by_rule={**control.doubts, **({OTHER_ENCODING: utf8} if utf8 else {})},
        control_totals=control.totals,
        seconds=time.monotonic() - clock,
    )
    return [reconcile(account, source=run.source.name)]
