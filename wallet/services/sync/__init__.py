"""What tills did without a connection comes in here. The rules, in order:

1. Each record is signed by the till that calls; one that is not right refuses the whole upload.
2. A record that is known gets the answer that it got. Nothing that is booked is undone by what comes later.
3. Records are taken in at their place in the till's chain. What follows a missing one is held for seven days;
   two records in one place stop the till. What a stopped till sold is held, not lost.
4. A sale is judged by `judge`: who pays, or what the shop has to bear. A record of mode `on` is never booked.
5. What needs a person opens a case; a person closes it.

Spec 05, sections 5 and 6.
"""

from wallet.services.sync.answers import cases_of
from wallet.services.sync.cases import judge_overdue
from wallet.services.sync.upload import AT_MOST, Uploaded, upload

__all__ = ["AT_MOST", "Uploaded", "cases_of", "judge_overdue", "upload"]
