"""What of a prediction somebody may see."""

from typing import Any

from edupro.prediction.features import INCOME


def hidden_from(user: Any) -> frozenset[str]:
    """The features that the user may not know: a teacher sees no incomes, so not by this way either."""
    return frozenset() if user.has_perm("school.view_penghasilanortu") else frozenset({INCOME})
