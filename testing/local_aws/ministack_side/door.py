"""MiniStack behind a door: only who has this run's key comes in.

Another user of the machine could otherwise deploy a function here, and so run code as the one who runs the tests. The key is a
session token, since MiniStack hands its own session token on to the functions it runs. Readiness needs no key, nor does a
custom resource's response, whose address nobody can guess.
"""

from __future__ import annotations

import hmac
import os
import re
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from ministack.app import app as ministack

sys.path.insert(0, str(Path(__file__).parent))
import cloudformation_types  # type: ignore[import-not-found]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

TOKEN = "x-amz-security-token"
CODE, MESSAGE = "UnrecognizedClientException", "This local AWS takes calls with the key of its own run only."
JSON = f'{{"__type":"{CODE}","message":"{MESSAGE}"}}'.encode()
S3_XML = f"<Error><Code>{CODE}</Code><Message>{MESSAGE}</Message></Error>".encode()
XML = b"<ErrorResponse>" + S3_XML + b"</ErrorResponse>"
_SERVICE = re.compile(rb"/([a-z0-9-]+)/aws4_request")
_KEY = os.environ["AWS_SESSION_TOKEN"]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """MiniStack's entry point, for those who may use it."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    elif scope["type"] == "http" and not _open_to_all(scope) and not _has_key(scope):
        await _refuse(scope, send)
    else:
        if scope["type"] == "http" and _service(scope) == b"cloudformation":
            cloudformation_types.install()
        await ministack(scope, receive, send)


async def _refuse(scope: Scope, send: Send) -> None:
    """Answers 403 in the service's own format."""
    body = {b"s3": S3_XML, b"cloudformation": XML, b"iam": XML, b"sts": XML}.get(_service(scope), JSON)
    headers = [(b"x-amzn-errortype", CODE.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _service(scope: Scope) -> bytes:
    """Returns the service that a request is signed for."""
    for name, value in scope["headers"]:
        if name.lower() == b"authorization" and (found := _SERVICE.search(value)):
            return found[1]
    return b""


def _open_to_all(scope: Scope) -> bool:
    if scope["method"] == "GET":
        return bool(scope["path"] == "/_ministack/ready")
    return bool(scope["method"] == "PUT" and scope["path"].startswith("/_ministack/cfn-response/"))


def _has_key(scope: Scope) -> bool:
    given = [value.decode("latin-1") for name, value in scope["headers"] if name.decode("latin-1").lower() == TOKEN]
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    given += [value for name, values in query.items() if name.lower() == TOKEN for value in values]
    return any(hmac.compare_digest(one.encode(), key.encode()) for one in given for key in _keys())


def _keys() -> list[str]:
    """Returns this run's key, and the tokens of the roles that somebody with a key has assumed."""
    sessions = sys.modules.get("ministack.services.sts")
    assumed = [session.get("SessionToken") for session in sessions._sessions.values()] if sessions else []
    return [_KEY, *(token for token in assumed if isinstance(token, str) and token)]
