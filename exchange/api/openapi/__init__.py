"""The description of the API (OpenAPI 3.1): assembled from the models that check what comes in.

What goes out is described beside it, in ``answers``; every answer in the integration tests is held
against it.
"""

from __future__ import annotations

from exchange.api.openapi.document import describe
from exchange.api.openapi.options import (
    Other,
    Text,
    accepts_body,
    accepts_message,
    answers,
    answers_in_forms,
    tagged,
)

__all__ = [
    "Other",
    "Text",
    "accepts_body",
    "accepts_message",
    "answers",
    "answers_in_forms",
    "describe",
    "tagged",
]
