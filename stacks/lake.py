"""The entire lake: its stacks in order, each with the objects of earlier stacks that it needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk

from stacks.api import Api
from stacks.catalog import Catalog
from stacks.config import LakeConfig
from stacks.constructs.alarms import Alert
from stacks.dashboard import Dashboard
from stacks.govern import Govern
from stacks.ingest import Ingest
from stacks.live import Live
from stacks.models import Models
from stacks.network import Network
from stacks.observe import Observe
from stacks.processing import Processing
from stacks.query import Query
from stacks.security import add_nag_checks
from stacks.serving import Serving
from stacks.storage import Storage

# The CDK's feature flags. Not in cdk.json, which only applies when the CDK CLI starts the app.
FLAGS: dict[str, Any] = {
    "@aws-cdk/aws-events:requireEventBusPolicySid": True,
    "@aws-cdk/aws-iam:minimizePolicies": True,
    "@aws-cdk/aws-kms:aliasNameRef": True,
    "@aws-cdk/aws-kms:reduceCrossAccountRegionPolicyScope": True,
    "@aws-cdk/aws-ec2:restrictDefaultSecurityGroup": False,  # needs a Lambda of the CDK; nothing uses the default group
    "@aws-cdk/aws-lambda:useCdkManagedLogGroup": True,
    "@aws-cdk/aws-s3:createDefaultLoggingPolicy": True,
    "@aws-cdk/aws-s3:publicAccessBlockedByDefault": True,
    "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True,
    "@aws-cdk/core:checkSecretUsage": True,
    "@aws-cdk/core:defaultCrossStackReferences": "strong",  # a value that another stack uses cannot be removed
    "@aws-cdk/core:enablePartitionLiterals": True,
    "@aws-cdk/core:explicitStackTags": True,
    "@aws-cdk/core:target-partitions": ["aws"],
    "@aws-cdk/customresources:installLatestAwsSdkDefault": False,
}


def new_app(*, outdir: str | None = None, context: Mapping[str, Any] | None = None) -> cdk.App:
    """An empty app; `context` has the values of -c."""
    return cdk.App(outdir=outdir, context={**FLAGS, **(context or {})}, analytics_reporting=False)


def optional_stacks(config: LakeConfig) -> dict[str, bool]:
    """The stacks that depend on a setting, by short name, and whether these settings have them."""
    live = dict.fromkeys(("api", "live", "ingest", "serving"), config.live_path)  # in the order in which they can be deleted
    return {
        # Models use the network, so they can only be deleted before it.
        "models": bool(config.models),
        "network": config.networking == "private",
        "govern": config.govern,
        "dashboard": config.dashboard.enabled,
        **live,
    }


def build(app: cdk.App, config: LakeConfig) -> None:
    """Build every stack of the deployment; synth fails on a violated security rule."""
    prefix = config.prefix
    storage = Storage(app, f"{prefix}-storage", config=config)
    catalog = Catalog(app, f"{prefix}-catalog", config=config, storage=storage)
    query = Query(app, f"{prefix}-query", config=config, storage=storage, catalog=catalog)
    optional = optional_stacks(config)
    network = Network(app, f"{prefix}-network", config=config, key=storage.key).glue if optional["network"] else None
    serving = Serving(app, f"{prefix}-serving", config=config, storage=storage) if config.live_path else None
    processing = Processing(
        app,
        f"{prefix}-processing",
        config=config,
        storage=storage,
        network=network,
        tables={"serving": serving.serving_table, "live": serving.live_table} if serving else {},
    )
    alerts, readers = _live_path(app, config, storage, processing, serving) if serving else [], dict(query.readers)
    if optional["models"]:
        models = Models(app, f"{prefix}-models", config=config, storage=storage, processing=processing, network=network)
        alerts = [*alerts, *models.alerts]
    if optional["dashboard"]:
        dashboard = Dashboard(
            app,
            f"{prefix}-dashboard",
            config=config,
            storage=storage,
            catalog=catalog,
            live_table=serving.live_table if serving else None,
        )
        alerts, readers = [*alerts, *dashboard.alerts], {**readers, dashboard.reader.name: dashboard.reader}
    Observe(app, f"{prefix}-observe", config=config, storage=storage, processing=processing, readers=readers, alerts=alerts)
    if optional["govern"]:
        Govern(app, f"{prefix}-govern", config=config, storage=storage, catalog=catalog, readers=readers)
    for key, value in {"project": config.name, "environment": config.env, **config.tags}.items():
        cdk.Tags.of(app).add(key, value)
    add_nag_checks(app)


def _live_path(app: cdk.App, config: LakeConfig, storage: Storage, processing: Processing, serving: Serving) -> list[Alert]:
    """The stacks for events as they happen, and their alerts. The API comes last: it takes events as soon as it exists."""
    prefix = config.prefix
    ingest = Ingest(app, f"{prefix}-ingest", config=config, storage=storage)
    live = Live(
        app,
        f"{prefix}-live",
        config=config,
        storage=storage,
        ingest=ingest,
        serving=serving,
        alert_topic=processing.alert_topic,
    )
    api = Api(app, f"{prefix}-api", config=config, storage=storage, ingest=ingest, serving=serving)
    api.add_stack_dependency(live)
    return [*ingest.alerts, *live.alerts, *serving.alerts, *api.alerts]
