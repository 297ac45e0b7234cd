"""How a tree is to be learned."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

DEPTHS = (1, 10)
LEAVES = (1, 100)


@dataclass(frozen=True, slots=True)
class Parameters:
    """By scikit-learn's names. No weights by default, so that a leaf's shares are those of real students."""

    max_depth: int = 4  # a tree that a person can still read
    min_samples_leaf: int = 5  # students; fewer prove nothing
    class_weight: str | None = None  # or "balanced": a small class counts as much as a large one

    criterion: ClassVar = "entropy"
    random_state: ClassVar = 0  # the same students give the same tree

    def as_dict(self) -> dict[str, Any]:
        return {
            "criterion": self.criterion,
            "max_depth": self.max_depth,
            "min_samples_leaf": self.min_samples_leaf,
            "class_weight": self.class_weight,
            "random_state": self.random_state,
        }

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Parameters":
        """What is there of them; other names are passed over."""
        return cls(**{name: given[name] for name in cls.__slots__ if name in given})
