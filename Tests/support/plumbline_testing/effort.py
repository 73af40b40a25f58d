"""How often the tests that repeat something do so."""

import os


def repetitions(full, in_ci):
    """Returns `full`, or `in_ci` with CI=true. PLUMBLINE_THOROUGH=1 asks for `full` there too."""
    reduced = os.environ.get("CI") == "true" and os.environ.get("PLUMBLINE_THOROUGH") != "1"
    return in_ci if reduced else full
