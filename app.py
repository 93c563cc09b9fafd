"""The CDK app: `cdk deploy --all -c env=dev`. All that may be given by -c is named in stacks/config.py."""

from __future__ import annotations

import sys

from contracts.errors import LakeError
from stacks.config import LakeConfig
from stacks.lake import build, new_app


def main() -> None:
    """Synthesizes the lake that the context asks for, or ends in the one sentence that says why not."""
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
        sys.exit("synth: the rules named above are broken; mend the resource, or give a reason by stacks.security.acknowledge.")


if __name__ == "__main__":
    main()
