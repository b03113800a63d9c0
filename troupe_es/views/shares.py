"""What an outcome came to in each arm, in few numbers: a mean, or how many replicates came to each value."""

from typing import Any


def mean(kind: str, values: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the mean of numbers, None for what has none."""
    numbers = [float(row["value"]) for row in values] if kind == "numeric" else []
    return {"mean": sum(numbers) / len(numbers) if numbers else None}


def shares(kind: str, arms: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return how many replicates of each arm came to each value, for outcomes that are no numbers."""
    if kind == "numeric":
        return []
    words = {True: "yes", False: "no"} if kind == "boolean" else {}
    values = dict.fromkeys(row["value"] for arm in arms for row in arm["values"])
    return [
        {
            "value": words.get(value, value),
            "arms": [
                {"count": count, "share": count / len(arm["values"]) if arm["values"] else 0.0}
                for arm in arms
                for count in [sum(row["value"] == value for row in arm["values"])]
            ],
        }
        for value in sorted(values, key=lambda value: (value is False, str(value)))
    ]
