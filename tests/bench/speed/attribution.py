"""Says which step of a signaal a sampled stack belongs to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

HTTP = "connection, HTTP and the loop"
OTHER = "other"

# The innermost function that stands here decides: what a step calls is that step's.
_STEPS = {
    "who calls": (
        "adapters/identity/",
        "exchange/pipeline/authenticate.py",
        "exchange/pipeline/quotas.py",
    ),
    "read and validate": ("exchange/pipeline/intake.py", "exchange/pipeline/validate.py"),
    "look up what is known": ("exchange/pipeline/lookup.py", "exchange/storage/surroundings.py"),
    "classify, pseudonymise, minimise": (
        "exchange/pipeline/classify.py",
        "exchange/pipeline/pseudonymise.py",
        "exchange/pipeline/minimise.py",
    ),
    "sign and seal": ("exchange/pipeline/encrypt.py", "exchange/pipeline/at_rest.py"),
    "receipt and log record": (
        "exchange/accountability/",
        "exchange/pipeline/accounts.py",
        "exchange/pipeline/acknowledge.py",
    ),
    "store and commit": (
        "exchange/pipeline/store.py",
        "exchange/storage/acceptance.py",
        "exchange/storage/lane.py",
        "exchange/storage/log.py",
    ),
}

# Only if none of those is on the stack.
_AROUND = {
    "read and validate": ("exchange/messages/", "exchange/policy/"),
    "store and commit": ("exchange/storage/", "asyncpg/", "sqlalchemy/"),
    "routing and answer": ("exchange/api/", "exchange/pipeline/", "fastapi/", "starlette/"),
    "metrics and events": ("exchange/telemetry/", "structlog/", "prometheus_client/"),
    HTTP: ("uvicorn/", "uvloop/", "asyncio/", "exchange/"),
}

ORDER = (
    HTTP,
    "routing and answer",
    "metrics and events",
    "who calls",
    "read and validate",
    "look up what is known",
    "classify, pseudonymise, minimise",
    "sign and seal",
    "receipt and log record",
    "store and commit",
    OTHER,
)


def step_of(stack: Iterable[str]) -> str:
    """Give the step that a stack belongs to; frames are ``file:function``, the outermost first."""
    frames = tuple(stack)[::-1]
    for steps in (_STEPS, _AROUND):
        for frame in frames:
            for step, places in steps.items():
                if frame.startswith(places):
                    return step
    return OTHER


def read_stacks(lines: Iterable[str]) -> Counter[tuple[str, ...]]:
    """Read collapsed stacks: frames between semicolons, a space, a count."""
    found: Counter[tuple[str, ...]] = Counter()
    for line in lines:
        stack, _, count = line.rpartition(" ")
        found[tuple(stack.split(";"))] += int(count)
    return found


def microseconds(stacks: Mapping[tuple[str, ...], int], total: float) -> dict[str, float]:
    """Divide ``total`` microseconds over the steps, in the order of the way."""
    counts: Counter[str] = Counter()
    for stack, count in stacks.items():
        counts[step_of(stack)] += count
    samples = sum(counts.values()) or 1
    return {step: total * counts[step] / samples for step in ORDER if counts[step]}
