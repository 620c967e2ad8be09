"""Every number of seconds that the function waits or counts on, and the inequalities between them.

Who waits for whom is told in `ledger_store` (writers of one ledger) and in `reconcile` (writers of one queue).
"""

from __future__ import annotations

CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 15.0
"""Of one HTTP request to AWS."""
TWIN_TIMEOUT = 3.0
"""Of one request to the twin Region, whose failure must not use up the event's time."""

READ_AGE = 2.5
"""How old a read of Parameter Store may be at most. Nothing public promises less; seconds are reported."""
WRITE_WITHIN = 4.0
"""An event that writes to the queue later than this after its record looks at the ledger only once reads are fresh again."""
CLOSE_WITHIN = 2.0
"""A ledger is deleted at most this long after it was said to be closed."""
CLOSING = 6.0
"""How long a writer waits for a closed ledger to be deleted. Whoever closed it is dead, or closes it once more, after that."""
RECENT = WRITE_WITHIN + READ_AGE
"""An event may still be writing to the queue when its record is not older than this."""

GRACE = 30.0
"""A Create or an Update older than this asks CloudFormation whether it is still wanted before its first record. So the Delete
of a cancelled Create waits no longer than this for it."""
ANSWERABLE_FOR = 7200.0
"""How long a response URL is valid (`X-Amz-Expires` in captured events)."""
MOST_SKEW = 900.0
"""A date further in the future than this is nobody's clock: it counts for nothing."""
MIRRORING = 1800.0
"""How long Amazon Connect may take to mirror a change to the other Region (admin guide, "Create a replica")."""

LONGEST_EVENT = 900.0
"""Lambda's longest time limit: a ledger that was changed more recently may belong to an event that is still running."""
DENIED_FOR = 90.0
"""How long a denial is tried again: an IAM policy takes that long to spread (aws-cdk #37675, #37939)."""
CLAIM_FOR = 60.0
"""How long a number whose claim is in progress is waited for."""

RESERVE = 20.0
"""Kept back of the invocation's time for the answer and the log; of a shorter time limit, a fifth."""
ANSWER_BEFORE_END = 5.0
"""CloudFormation is told of a time-out this long before the invocation's end."""
PUT_TIMEOUT = 10.0
PUT_FOR = 120.0
"""Of one PUT of the answer, and of all of them; then Lambda is left to deliver the event once more."""

assert CLOSE_WITHIN + READ_AGE < CLOSING  # noqa: S101 - whoever waited so long has seen a deletion that came in time
assert READ_AGE < WRITE_WITHIN < RECENT < GRACE  # noqa: S101
assert ANSWER_BEFORE_END < RESERVE < READ_TIMEOUT + CONNECT_TIMEOUT + 1  # noqa: S101 - one more call fits before the answer
