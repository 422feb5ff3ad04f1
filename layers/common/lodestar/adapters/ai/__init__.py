"""Language models: `run_chain(chain(purpose), request, on_run=...)`.

Every call becomes a `RunRecord` (JR-58); a failing model falls through to the next (X-18, D-06).
"""

from lodestar.adapters.ai.errors import (
    AiError,
    AllModelsFailed,
    ModelAnswerInvalid,
    ModelRefused,
    ModelRetired,
    ModelUnavailable,
)
from lodestar.adapters.ai.port import (
    Generation,
    GenerationRequest,
    Health,
    Material,
    MediaInput,
    Model,
    Purpose,
)
from lodestar.adapters.ai.registry import chain, health
from lodestar.adapters.ai.running import OnRun, RunRecord, run_chain

__all__ = [
    "AiError",
    "AllModelsFailed",
    "Generation",
    "GenerationRequest",
    "Health",
    "Material",
    "MediaInput",
    "Model",
    "ModelAnswerInvalid",
    "ModelRefused",
    "ModelRetired",
    "ModelUnavailable",
    "OnRun",
    "Purpose",
    "RunRecord",
    "chain",
    "health",
    "run_chain",
]
