"""Model wiring: putting an op into the op lists of model classes, in every form in which the releases build them.

`plan_wiring` is the entry. It finds the class and the anchor (`classes`, `flow`, `sites`), checks and compiles the
spec's expressions for the place (`scope`, `expressions`, `values`, `quants`), lays the call out (`emit`) and
says which bytes go where (`placing`, `replacing`, `wire`). Nothing is written here.
"""

from .facts import SpecPlace, WiringFacts
from .plan import plan_wiring

__all__ = ["SpecPlace", "WiringFacts", "plan_wiring"]
