"""What SageMaker takes as the settings of the models."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from stacks.pipelines.definition import PIPELINES
from stacks.pipelines.image import REGISTRIES
from stacks.pipelines.names import model_name

LONGEST = 63
VALID = re.compile(rf"[a-zA-Z0-9](-*[a-zA-Z0-9]){{0,{LONGEST - 1}}}")


def model_problems(sources: Sequence[str], *, prefix: str, region: str | None) -> Iterator[str]:
    """A sentence for each setting that SageMaker would refuse."""
    for source in sources:
        for name in (model_name(prefix, model, source) for model in PIPELINES):
            if len(name) > LONGEST or not VALID.fullmatch(name):
                yield (
                    f"models has {source}, but {name} is no name for SageMaker, which allows {LONGEST} characters and no hyphen "
                    "at the end; use a shorter name of the lake or of the source."
                )
    if len({source.replace("_", "-") for source in sources}) < len(sources):
        yield "models lists a source twice; list each once."
    if sources and region and region not in REGISTRIES:
        yield f"models is set, but AWS has no scikit-learn image in {region}; remove it, or choose another region."
