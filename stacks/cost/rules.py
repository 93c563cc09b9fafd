"""The charges of each resource type under a load. A rule computes quantities; prices.yaml has the price of a unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contracts.errors import PlatformError
from contracts.zones import Zone
from glue_jobs import manifest
from stacks.cost import dashboard_rules
from stacks.cost.live_rules import live_log_gb
from stacks.cost.model import DAYS, HOURS, Charge, Load, Resource, assume, priced

MOVES = {"s3 standard-ia": "s3 to ia", "s3 glacier-ir": "s3 to glacier-ir"}
RETRIEVALS = {"s3 standard-ia": "s3 ia retrieval", "s3 glacier-ir": "s3 glacier-ir retrieval"}
ZONES = {zone.capitalize(): zone for zone in Zone}
VCPU_PER_DPU, LEAST_WORKERS = 4, 2
SECONDS = 3600


@priced("AWS::KMS::Key")
def key(_resource: Resource, load: Load) -> Iterator[Charge]:
    yield Charge("key", 1, "1 key; each of its first two yearly rotations adds another")
    gb = load.gb_per_run * load.runs
    yield Charge("key request", gb * assume("key_requests_per_gb"), f"{gb:,.0f} GB read × {assume('key_requests_per_gb'):.0f}")


@priced("AWS::S3::Bucket")
def bucket(resource: Resource, load: Load) -> Iterator[Charge]:
    if resource.name in ZONES:
        zone = ZONES[resource.name]
        yield from _kept(resource, load, zone)
        puts, reads = load.touched[zone], load.read[zone] * assume("requests_per_object")
        yield Charge("s3 put", puts, f"{puts:,.0f} objects written")
        yield Charge("s3 get", reads, f"{load.read[zone]:,.0f} objects read × {assume('requests_per_object'):.0f}")
        lists = load.read[zone] * assume("lists_per_object")
        yield Charge("s3 list", lists, f"{load.read[zone]:,.0f} objects read × {assume('lists_per_object'):.0f}")
    elif resource.name in ("AccessLogs", "Bucket", "Results"):
        yield from _side(resource, load)
    else:
        raise PlatformError(f"{resource.path}: no rule covers the size of this bucket; add one to stacks/cost/rules.py.")


def _kept(resource: Resource, load: Load, zone: str) -> Iterator[Charge]:
    """A zone's storage by class, and the old versions until they expire."""
    daily = load.gb_per_day * load.share[zone]
    days, begins = load.months * DAYS, 0
    steps = [(0, "s3 standard"), *_transitions(resource)]
    for (begins, price), (ends, _) in zip(steps, [*steps[1:], (days, "")], strict=True):
        span = max(0, min(ends, days) - begins)
        if span:
            yield Charge(price, daily * span, f"{daily:g} GB a day × {span} days")
            if price in RETRIEVALS:
                full = assume("full_runs_per_year") / 12
                yield Charge(RETRIEVALS[price], daily * span * full, f"{daily * span:g} GB × {full:.3f} full runs a month")
    per_object = 1000 / assume("object_mb")
    for begins, price in steps[1:]:
        if days > begins:
            moved = daily * DAYS * per_object
            yield Charge(MOVES[price], moved, f"{moved:,.0f} objects a month")
    if zone != "raw":
        # A run rewrites each partition it touches; replaced and staged objects remain as old versions for a while.
        replaced = load.gb_per_run * load.share[zone] * load.runs / DAYS
        kept, staged = _old_versions(resource)
        how = f"{replaced:g} GB replaced a day × {kept} days as old versions + {staged} days as staged versions"
        yield Charge("s3 standard", replaced * (kept + staged), how)


def _side(resource: Resource, load: Load) -> Iterator[Charge]:
    """Query results, access logs and the access trail."""
    days = next((rule["ExpirationInDays"] for rule in _lifecycle(resource) if "ExpirationInDays" in rule), 0)
    if resource.name == "Results":
        daily = load.gb_per_day * load.share["curated"] * assume("scanned_per_day") / 100
        how = f"{daily:g} GB of query results a day × {days} days"
    else:
        daily = _requests(load) / DAYS * assume("log_line_bytes") / 1e9
        how = f"{_requests(load):,.0f} requests a month × {assume('log_line_bytes'):.0f} B × {days} days"
    yield Charge("s3 standard", daily * min(days, load.months * DAYS), how)


def _requests(load: Load) -> float:
    """Requests to the three zones per month."""
    per_object = assume("requests_per_object") + assume("lists_per_object")
    return sum(load.touched.values()) + sum(load.read.values()) * per_object


def _lifecycle(resource: Resource) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = resource.properties.get("LifecycleConfiguration", {}).get("Rules", [])
    return [rule for rule in rules if rule["Status"] == "Enabled"]


def _transitions(resource: Resource) -> list[tuple[int, str]]:
    classes = {"STANDARD_IA": "s3 standard-ia", "GLACIER_IR": "s3 glacier-ir"}
    steps = [step for rule in _lifecycle(resource) for step in rule.get("Transitions", [])]
    return sorted((step["TransitionInDays"], classes[step["StorageClass"]]) for step in steps)


def _old_versions(resource: Resource) -> tuple[int, int]:
    """Retention of old versions in days: of tables, and of staged objects."""
    rules = [rule for rule in _lifecycle(resource) if "NoncurrentVersionExpiration" in rule]
    days = {rule.get("Prefix", ""): int(rule["NoncurrentVersionExpiration"]["NoncurrentDays"]) for rule in rules}
    return days[""], days.get("_staging/", days[""])


@priced("AWS::Glue::Job")
def job(resource: Resource, load: Load) -> Iterator[Charge]:
    share = manifest.job(resource.path.split("/")[-2].lower()).work_share
    starting = LEAST_WORKERS * assume("start_minutes") / 60
    per_gb = assume("core_seconds_per_gb") * assume("glue_factor") * share / VCPU_PER_DPU / SECONDS
    working = load.gb_per_run * per_gb
    how = f"{load.runs:.0f} runs × ({starting:.3f} to start + {load.gb_per_run:g} GB × {per_gb:.4f} DPU-hours)"
    yield Charge("glue", load.runs * (starting + working), how)
    yield from _metrics(resource, load, working=working)


def _metrics(resource: Resource, load: Load, *, working: float) -> Iterator[Charge]:
    """Glue's metrics for the driver and each worker, and our own, in the hours in which a run publishes them."""
    # Auto Scaling adds workers only where there is work.
    workers = int(resource.properties.get("NumberOfWorkers", LEAST_WORKERS)) if working else LEAST_WORKERS
    glue = assume("metrics_per_job") + assume("metrics_per_worker") * workers
    hours = load.runs * max(1, working / workers)
    count = glue + len(manifest.METRICS)
    yield Charge("metric", count * hours / HOURS, f"{count:.0f} metrics × {hours:.0f} of {HOURS} hours")


@priced("AWS::Athena::WorkGroup")
def workgroup(resource: Resource, load: Load) -> Iterator[Charge]:
    if resource.path.startswith(dashboard_rules.STACK):
        yield dashboard_rules.queries(load)
        return
    zone = "curated" if resource.path.split("/")[-2] == "Bi" else "processed"
    daily = load.gb_per_day * load.share[zone] * assume("scanned_per_day")
    yield Charge("athena", daily * DAYS, f"{assume('scanned_per_day'):.0f} × a day's {zone} × {DAYS} days")


@priced("AWS::CloudWatch::Alarm")
def alarm(_resource: Resource, _load: Load) -> Iterator[Charge]:
    yield Charge("alarm", 1, "1 alarm")


@priced("AWS::CloudWatch::Dashboard")
def dashboard(_resource: Resource, _load: Load) -> Iterator[Charge]:
    yield Charge("dashboard", 1, "1 dashboard")


@priced("AWS::Logs::LogGroup")
def logs(resource: Resource, load: Load) -> Iterator[Charge]:
    gb = load.runs * assume("log_mb_per_run") / 1000
    how = f"{load.runs:.0f} runs × {assume('log_mb_per_run'):.0f} MB"
    live = live_log_gb(resource.path, load)
    if live is not None:
        gb, how = live, f"{live:.2f} GB of the live path"
    if resource.path.startswith("observe/Trail"):
        gb = _requests(load) * assume("log_line_bytes") / 1e9
        how = f"{_requests(load):,.0f} requests × {assume('log_line_bytes'):.0f} B"
    if resource.path.startswith(dashboard_rules.STACK):
        gb, how = dashboard_rules.log_gb(load), f"{dashboard_rules.requests(load):,.0f} requests"
    months = min(resource.properties["RetentionInDays"] / DAYS, load.months)
    yield Charge("logs ingested", gb, how)
    yield Charge("logs kept", gb * months, f"{gb:.2f} GB × {months:.1f} months")


@priced("AWS::CloudTrail::Trail")
def trail(_resource: Resource, load: Load) -> Iterator[Charge]:
    yield Charge("data event", _requests(load), f"{_requests(load):,.0f} requests to the zones")


@priced("AWS::StepFunctions::StateMachine")
def machine(resource: Resource, load: Load) -> Iterator[Charge]:
    per_run = assume("transitions_per_scoring" if resource.path.startswith("models/") else "transitions_per_run")
    yield Charge("state transition", load.runs * per_run, f"{load.runs:.0f} runs × {per_run:.0f}")


@priced("AWS::Scheduler::Schedule")
def schedule(resource: Resource, load: Load) -> Iterator[Charge]:
    runs = load.runs if resource.properties["State"] == "ENABLED" else 0
    yield Charge("schedule", runs, f"{runs:.0f} runs")


@priced("AWS::SNS::Topic")
def topic(_resource: Resource, load: Load) -> Iterator[Charge]:
    sent = assume("alerts_per_month") if load.runs else 0
    yield Charge("alert", sent, f"{sent:.0f} e-mails")


@priced("AWS::EC2::VPCEndpoint")
def endpoint(resource: Resource, load: Load) -> Iterator[Charge]:
    if resource.properties["VpcEndpointType"] == "Gateway":
        return
    zones = len(resource.properties["SubnetIds"])
    yield Charge("endpoint", zones * HOURS, f"{zones} zones × {HOURS} hours")
    gb = load.runs * assume("log_mb_per_run") / 1000
    yield Charge("endpoint traffic", gb, f"{load.runs:.0f} runs × {assume('log_mb_per_run'):.0f} MB")
