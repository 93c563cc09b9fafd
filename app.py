"""The CDK app: `cdk deploy --all -c env=dev`. stacks/config.py lists the keys that -c accepts."""

from __future__ import annotations

import sys

from contracts.errors import LakeError
from stacks.config import LakeConfig
from stacks.lake import build, new_app


def main() -> None:
    """Synthesize the lake that the context describes, or exit with one sentence that states the problem."""
    app = new_app()
    try:
        build(app, LakeConfig.from_context(app.node.get_all_context()))
    except LakeError as error:
        sys.exit(str(error))
    try:
        app.synth()
    except RuntimeError as error:
        if "ValidationFailed" not in str(error):
            raise
        sys.exit("synth: the resources above violate security rules; fix them, or add a reason with stacks.security.acknowledge.")


if __name__ == "__main__":
    main()
