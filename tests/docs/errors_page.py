"""Writes the troubleshooting page, and the README's table of errors, from the one table of errors in `docs/errors.toml`.

python -m tests.docs.errors_page
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

from tests.docs.markdown import DOCS, README

TABLE = DOCS / "errors.toml"
PAGE = DOCS / "troubleshooting.md"

_HEAD = """\
# Troubleshooting

<!-- Written by `python -m tests.docs.errors_page` from errors.toml. Change that file, not this page. -->

A message has at most 240 characters, so CloudFormation shows all of it. It names the property and the fix, and keeps AWS's
error code if there is one. On this page, `…` replaces what differs from case to case.

The function's log has one line of JSON for each event: what was decided and why, the calls made, the warnings. The
provider's stack outputs name the function and its log group.
"""

_TAIL = """
## Put a ledger back

Look for the last good version, and write its value again:

```bash
aws ssm get-parameter-history --with-decryption --name /queue-outbound-caller-config/INSTANCE_ID/QUEUE_ID
aws ssm put-parameter --name /queue-outbound-caller-config/INSTANCE_ID/QUEUE_ID --overwrite --value file://ledger.json
```

If the provider has a `ledger_encryption_key`, add `--type SecureString --key-id KEY`. Parameter Store does not make a plain
parameter encrypted: delete it before. The drift watch tells of your own write, too.

Then deploy any change of the resource, for example another `revision`: the function makes the queue what the ledger says.

## Without a message of ours

### The rollback of a change in place fails, because the queue was deleted

`aws cloudformation continue-update-rollback --resources-to-skip` with the resource's logical id.

### A Delete or a rollback fails because it is denied

The role was never allowed to read the queue, or no longer is. Allow it, and try again. Nothing of the ledger is lost meanwhile.

### Modifying a service token is not allowed

CloudFormation says so if a resource gets another provider. Give the resource another construct id in the same deployment.
That is a [rename](concepts/ledger.md), which keeps the queue's config.

### The deployment succeeded, and the queue does not have the config

Something else set the queue later: the console, or another resource that was deleted after this one was created.
`queue-outbound-caller-config drift`
shows it, and another `revision` applies the config again. See [Console edits and drift](how-to/drift.md).
"""


def sections() -> list[dict[str, Any]]:
    """Returns the table of errors."""
    found: list[dict[str, Any]] = tomllib.loads(TABLE.read_text())["section"]
    return found


def messages() -> list[str]:
    """Returns every message of the table."""
    return [
        text for part in sections() for error in part["error"] for text in (error["message"], *error.get("more", ()))
    ]


def page() -> str:
    """Returns the troubleshooting page."""
    return _HEAD + "".join(_section(part) for part in sections()) + _TAIL


def readme_table() -> str:
    """Returns the README's table of the frequent errors."""
    rows = [
        f"| `{error['message']}` | {error['cause']} | {_without_links(error['fix'])} |\n"
        for part in sections()
        for error in part["error"]
        if error.get("frequent")
    ]
    return "\n| message | cause | fix |\n| --- | --- | --- |\n" + "".join(rows)


def with_table(readme: str) -> str:
    """Returns the README with that table between its marks."""
    start, end = "<!-- --8<-- [start:errors] -->", "<!-- --8<-- [end:errors] -->"
    head, _, rest = readme.partition(start)
    return f"{head}{start}{readme_table()}{end}{rest.partition(end)[2]}"


def _section(part: dict[str, Any]) -> str:
    intro = f"\n{part['intro'].strip()}\n" if "intro" in part else ""
    return f"\n## {part['title']}\n{intro}" + "".join(_error(error) for error in part["error"])


def _error(error: dict[str, Any]) -> str:
    texts = [error["message"], *error.get("more", ())]
    quoted = "".join(f"- `{text}`\n" for text in texts) if len(texts) > 1 else f"`{texts[0]}`\n"
    return f"\n### {error['title']}\n\n{quoted}\n{error['cause']}\n\n**Fix:** {error['fix']}\n"


def _without_links(text: str) -> str:
    """Links of the page are relative to the site's folder."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)


if __name__ == "__main__":
    PAGE.write_text(page())
    README.write_text(with_table(README.read_text()))
