"""Every number of seconds that the function waits or relies on, and the inequalities between them.

`ledger_store` explains how writers of one ledger wait for each other, and `reconcile` how writers of one queue do.
"""

CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 15.0
"""Of one HTTP request to AWS."""
TWIN_TIMEOUT = 3.0
"""Of one request to the twin Region, whose failure must not use up the event's time."""

READ_AGE = 2.5
"""How old a read of Parameter Store can be. AWS promises nothing; people report seconds."""
WRITE_WITHIN = 4.0
"""An event that writes to the queue later than this after its record waits `READ_AGE` before it looks at the ledger."""
CLOSE_WITHIN = 2.0
"""A ledger is deleted at most this long after it was closed."""
CLOSING = 6.0
"""How long a writer waits for a closed ledger to be deleted. After that, its closer is dead or will close it once more."""
RECENT = WRITE_WITHIN + READ_AGE
"""If an event's record is not older than this, it may still be writing to the queue."""

GRACE = 30.0
"""A Create or an Update older than this asks CloudFormation whether it is still wanted before its first record. So the Delete
of a cancelled Create waits no longer than this for it."""
ANSWERABLE_FOR = 7200.0
"""How long a response URL is valid (`X-Amz-Expires` in captured events)."""
MOST_SKEW = 900.0
"""A date that is further in the future than this counts for nothing: no clock is that wrong."""
MIRRORING = 1800.0
"""How long Amazon Connect may take to mirror a change to the other Region (admin guide, "Create a replica")."""

LONGEST_EVENT = 900.0
"""Lambda's longest time limit: a ledger that was changed more recently may belong to an event that is still running."""
DENIED_FOR = 90.0
"""How long a denied call is tried again: an IAM policy takes that long to spread (aws-cdk #37675, #37939)."""
CLAIM_FOR = 60.0
"""How long to wait for a number whose claim is in progress."""

RESERVE = 20.0
"""Reserved for the response and the log at the end of the invocation; if its time limit is short, a fifth of it."""
ANSWER_BEFORE_END = 5.0
"""CloudFormation is told of a time-out this long before the invocation's end."""
PUT_TIMEOUT = 10.0
PUT_FOR = 120.0
"""Of one PUT of the response, and of all of them. Then Lambda delivers the event once more."""

assert CLOSE_WITHIN + READ_AGE < CLOSING  # noqa: S101 - a writer that waited so long has seen a deletion in time
assert READ_AGE < WRITE_WITHIN < RECENT < GRACE  # noqa: S101
assert ANSWER_BEFORE_END < RESERVE < READ_TIMEOUT + CONNECT_TIMEOUT + 1  # noqa: S101 - one more call fits before the response
