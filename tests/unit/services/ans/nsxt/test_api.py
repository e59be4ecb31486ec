"""Tests of calls to ``/cloudapi``: pages, cursors, and writes with their tasks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.services.ans.fakes import FakeSession
from vcloudair_core.engine.ensure.failures import may_have_executed
from vcloudair_core.errors import (
    UNKNOWN,
    ApiError,
    BusyError,
    DecodeError,
    InvalidRequestError,
    TaskFailedError,
    VcloudAirError,
)
from vcloudair_core.services.ans.nsxt.api import CloudApi, gateway_path, next_page
from vcloudair_core.transport.messages import Headers, Response

JSON = {"Content-Type": "application/json"}
TASK = "https://cloud.example.test/api/task/5b0e0000-0000-4000-8000-000000000001"


def answer(body: Any, **headers: str) -> Response:
    return Response(200, Headers({**JSON, **headers}), json.dumps(body).encode())


def task(status: str, *, error: str = "") -> Response:
    fault = f'<Error message="refused" minorErrorCode="{error}" majorErrorCode="400"/>' if error else ""
    body = (
        f'<Task xmlns="http://www.vmware.com/vcloud/v1.5" status="{status}" href="{TASK}" operation="Created">'
        f'<Owner href="" id="urn:vcloud:firewallGroup:1" name="web" type="application/json"/>{fault}</Task>'
    )
    return Response(200, Headers({"Content-Type": "application/vnd.vmware.vcloud.task+xml"}), body.encode())


def api(**answers: Any) -> tuple[CloudApi, FakeSession]:
    session = FakeSession()
    session.identity.api_version = "38.1"
    session.answers = {name.replace("_", " ", 1): queue for name, queue in answers.items()}
    return CloudApi(session), session  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("", ""),
        ('<https://h/a?cursor=x>;rel="nextPage";type="application/json"', "https://h/a?cursor=x"),
        ('<https://h/a>;rel="firstPage", <https://h/a?cursor=b,c>; rel="nextPage"', "https://h/a?cursor=b,c"),
        ("<https://h/a>;rel=lastPage,<https://h/b>;rel=NEXTPAGE", "https://h/b"),
        ('<https://h/a>;rel="lastPage"', ""),
        ("garbage", ""),
    ],
)
def test_the_next_page_is_found_in_every_form_of_the_header(header: str, address: str) -> None:
    """Source: protocol/nsxt.md §1.1."""
    assert next_page(header) == address


def test_numbered_pages_are_read_until_the_last_page() -> None:
    client, session = api(
        **{
            "GET_/cloudapi/1.0.0/x": [
                answer({"pageCount": 2, "values": [1, 2]}),
                answer({"pageCount": 2, "values": [3]}),
            ]
        }
    )
    assert client.pages("/1.0.0/x", filter_text="name==a") == [1, 2, 3]
    assert [dict(sent["query"])["page"] for sent in session.sent] == ["1", "2"]
    assert dict(session.sent[0]["query"])["filter"] == "name==a"
    assert session.sent[0]["accept"] == "application/json;version=38.1"


def test_an_empty_page_ends_a_list_without_a_page_count() -> None:
    client, session = api(**{"GET_/cloudapi/1.0.0/x": [answer({"values": [1]}), answer({"values": []})]})
    assert client.pages("/1.0.0/x") == [1]
    assert len(session.calls) == 2


def test_cursors_are_followed() -> None:
    link = '<https://cloud.example.test/cloudapi/1.0.0/x?cursor=abc>;rel="nextPage"'
    client, session = api(**{"GET_/cloudapi/1.0.0/x": [answer({"values": [1]}, Link=link), answer({"values": [2]})]})
    assert client.cursor_pages("/1.0.0/x") == [1, 2]
    assert session.sent[1]["query"] == "cursor=abc"


@pytest.mark.parametrize("body", [{"values": {"a": 1}}, {"weather": "fine"}, [], "text"])
def test_a_list_of_another_shape_is_an_error(body: Any) -> None:
    client, _ = api(**{"GET_/cloudapi/1.0.0/x": [answer(body), answer(body)]})
    for read in (client.pages, client.cursor_pages):
        with pytest.raises(DecodeError, match="values"):
            read("/1.0.0/x")


def test_a_list_can_be_null() -> None:
    client, _ = api(**{"GET_/cloudapi/1.0.0/x": [answer({"values": None})]})
    assert client.cursor_pages("/1.0.0/x") == []


def test_a_write_returns_its_finished_task_with_the_id_of_the_new_object() -> None:
    """Source: protocol/nsxt.md §1.2."""
    client, session = api(
        **{
            "POST_/cloudapi/1.0.0/x": [Response(202, Headers({"Location": TASK}), b"")],
            f"GET_{TASK}": [task("running"), task("success")],
        }
    )
    session.settings.secrets = list
    session.task_observers = ()  # type: ignore[attr-defined]
    done = client.write("POST", "/1.0.0/x", {"name": "web"})
    assert done is not None and done.owner_id == "urn:vcloud:firewallGroup:1"
    assert [method for method, _ in session.calls] == ["POST", "GET", "GET"]


@pytest.mark.parametrize(("code", "error"), [("BUSY_ENTITY", BusyError), ("BAD_REQUEST", TaskFailedError)])
def test_a_task_that_failed_because_of_a_busy_gateway_is_busy(code: str, error: type[Exception]) -> None:
    client, session = api(
        **{
            "PUT_/cloudapi/1.0.0/x": [Response(202, Headers({"Location": TASK}), b"")],
            f"GET_{TASK}": [task("error", error=code)],
        }
    )
    session.settings.secrets = list
    session.task_observers = ()  # type: ignore[attr-defined]
    with pytest.raises(error, match="refused"):
        client.write("PUT", "/1.0.0/x", {})


@pytest.mark.parametrize("status", [400, 403, 406, 409])
def test_an_accepted_write_whose_task_cannot_be_read_may_have_executed(status: int) -> None:
    failure = ApiError("no task", status=status, method="GET", path=TASK)
    client, session = api(
        **{
            "POST_/cloudapi/1.0.0/x": [Response(202, Headers({"Location": TASK}), b"")],
            f"GET_{TASK}": [failure],
        }
    )
    session.settings.secrets = list
    session.task_observers = ()  # type: ignore[attr-defined]
    with pytest.raises(VcloudAirError) as caught:
        client.write("POST", "/1.0.0/x", {})
    assert caught.value.written == UNKNOWN
    assert may_have_executed(caught.value)


def test_a_refused_write_has_not_executed() -> None:
    failure = InvalidRequestError("bad", status=400, method="POST", path="/cloudapi/1.0.0/x")
    client, _ = api(**{"POST_/cloudapi/1.0.0/x": [failure]})
    with pytest.raises(InvalidRequestError) as caught:
        client.write("POST", "/1.0.0/x", {})
    assert not may_have_executed(caught.value)


def test_paths_name_the_gateway_by_urn() -> None:
    assert gateway_path("1", "nat/rules", "2.0.0") == "/2.0.0/edgeGateways/urn:vcloud:gateway:1/nat/rules"
    assert gateway_path("1") == "/1.0.0/edgeGateways/urn:vcloud:gateway:1"
