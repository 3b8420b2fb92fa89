from collections.abc import Callable
from typing import Any

import pytest

from gateway import answers
from gateway.model import Endpoint, Outcome, Response

Judge = Callable[..., Outcome]


@pytest.fixture(scope="session")
def judge() -> Judge:
    """Read one answer by the rules given as conf keys: judge(status, body, type, headers=…, **response)."""

    def judge(
        status: int | None,
        body: str | bytes = b"",
        content_type: str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        truncated: bool = False,
        **response: Any,
    ) -> Outcome:
        if content_type is not None:
            headers = (("Content-Type", content_type), *headers)
        content = body.encode() if isinstance(body, str) else body
        rules = answers.Rules.compile(answers.ResponseSettings(**response))
        endpoint = Endpoint(
            id="acme/return",
            source="acme",
            source_name="Acme",
            flow=None,
            type="return",
            transport="json",
            url="https://api.acme.example/returns",
            settings=None,
            response=rules,
        )
        return answers.read(Response(status, headers, content, truncated), endpoint)

    return judge
