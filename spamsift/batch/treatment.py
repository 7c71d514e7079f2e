"""What a worker does with a page: open it, sift it, write its record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from spamsift.batch import warc
from spamsift.batch.drop import Drop
from spamsift.batch.formats import Format, format_of
from spamsift.batch.items import Body, Cause, FilePage, HttpPage, Item, LinePage, Lost, Outcome, Payload
from spamsift.batch.lines import encode_line, to_storable
from spamsift.batch.plan import Fields, Mode, Plan
from spamsift.batch.preload import preload, settle
from spamsift.batch.streams import unpack_page
from spamsift.decoding import decode
from spamsift.errors import UnreadablePage
from spamsift.fields import to_attributes, to_columns
from spamsift.pipeline import sift
from spamsift.records import Health, InputKind, Options, Sifted

__all__ = ["NoPage", "Task", "Treatment", "look_up", "task_of"]


class NoPage(Exception):
    """A record that holds no page; the message says why."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is sent to a worker."""

    place: str
    payload: Payload


def task_of(item: Item) -> Task:
    """The part of an item that travels."""
    return Task(item.place, item.payload)


@dataclass(frozen=True, slots=True)
class _Page:
    """A page that was opened."""

    content: str | bytes
    fields: Mapping[str, Any]
    """The record that it stands in."""
    id: str
    url: str | None
    charset: str | None = None
    field: str | None = None
    """The field that holds it; ``None`` for a page that had no record of its own."""


@dataclass(frozen=True, slots=True)
class Treatment:
    """The job of the workers of a batch."""

    plan: Plan

    def warm_up(self) -> None:
        if self.plan.sifter is None:
            preload(self.plan.options)
            settle()

    def __call__(self, task: Task) -> Outcome | Lost:
        try:
            page = _open(task, self.plan.fields)
        except UnreadablePage as problem:
            return Lost(Cause.UNREADABLE, str(problem))
        except NoPage as problem:
            return Lost(Cause.NO_PAGE, str(problem))
        except (ValueError, RecursionError) as problem:
            return Lost(Cause.DAMAGED, f"no JSON: {problem}"[:300])
        options = replace(self.plan.options, charset=page.charset)
        answer = (self.plan.sifter or sift)(page.content, url=page.url, options=options)
        if Health.BINARY in answer.health:
            return Lost(Cause.BINARY, "binary, not a page")
        is_whole = getattr(task.payload, "is_whole", True)
        record = _record(self.plan, page, answer, options, is_whole)
        reasons = drop_reasons(self.plan.drop, answer)
        attributes = None
        if self.plan.attributes is not None:
            attributes = encode_line({"id": page.id, "attributes": to_attributes(answer)})
        if reasons:
            record["spamsift_dropped"] = list(reasons)
        body = self._encode(record, answer, is_whole, is_dropped=bool(reasons))
        return Outcome(answer.verdict.kind.value, answer.verdict.score, body, reasons, attributes)

    def _encode(self, record: dict[str, Any], answer: Sifted, is_whole: bool, is_dropped: bool) -> Body:
        """As the output wants it; only what a table takes, and what is added to a row of one, stays a record."""
        kind = format_of(self.plan.output)
        if kind is Format.PARQUET and not (is_dropped and is_whole):
            return {to_storable(name): to_storable(value) for name, value in record.items()}
        if kind is Format.FOLDER and not is_dropped:
            return answer.text
        return encode_line(record)


def drop_reasons(drop: Drop, answer: Sifted) -> tuple[str, ...]:
    """Why a page leaves the output: names of what it is, not of the check.

    >>> drop_reasons(Drop(score=0.5), Sifted(text=""))
    ('score 0.500 is at least 0.5',)
    """
    verdict = answer.verdict
    return tuple(
        f"score {verdict.score:.3f} is at least {drop.score:g}" if finding == "score" else f"kind {finding}"
        for finding in drop.findings(verdict.kind.value, verdict.score)
    )


# --- opening


def _open(task: Task, fields: Fields) -> _Page:
    payload = task.payload
    if isinstance(payload, FilePage):
        return _Page(unpack_page(payload.path), {}, payload.path, None)
    if isinstance(payload, HttpPage):
        url = payload.fields["url"] or None
        return _Page(
            warc.decode_body(payload), payload.fields, payload.fields["id"] or task.place, url, payload.charset
        )
    record = json.loads(payload.line) if isinstance(payload, LinePage) else payload.fields
    if not isinstance(record, Mapping):
        raise NoPage("the line is no JSON object")
    name, content = _find_page(record, fields)
    found, url = look_up(record, fields.id), look_up(record, fields.url)
    return _Page(
        content,
        record,
        str(found) if isinstance(found, (str, int)) else task.place,
        url if isinstance(url, str) and url else None,
        field=name,
    )


def _find_page(record: Mapping[str, Any], fields: Fields) -> tuple[str, str | bytes]:
    """Name and content of the field that holds the page: markup before text, something before nothing."""
    empty = None
    for name in (fields.html, fields.text):
        content = look_up(record, name)
        if isinstance(content, (str, bytes)):
            if content:
                return name, content
            empty = empty or name
    if empty is None:
        raise NoPage(f"no field {fields.html!r} or {fields.text!r} with a string; say --text-field or --html-field")
    return empty, ""


def look_up(record: Mapping[str, Any], name: str) -> Any:
    """The value of a field, by its name or by a dotted path; ``None`` if it isn't there.

    >>> look_up({"metadata": {"url": "http://a.example"}}, "metadata.url")
    'http://a.example'
    """
    if name in record:
        return record[name]
    head, _, rest = name.partition(".")
    inner = record.get(head)
    return look_up(inner, rest) if rest and isinstance(inner, Mapping) else None


# --- writing


def _record(plan: Plan, page: _Page, answer: Sifted, options: Options, is_whole: bool) -> dict[str, Any]:
    """The record of the output; without the input's own fields where those are kept aside."""
    columns: dict[str, Any] = dict(to_columns(answer))
    if plan.blocks:
        columns["spamsift_answer"] = json.dumps(replace(answer, name=page.id).to_dict(), ensure_ascii=False)
    if page.field is None:
        return _raw_record(plan, page, answer, options) | columns
    record = dict(page.fields) if is_whole else {}
    if is_whole and look_up(record, plan.fields.id) is None and "." not in plan.fields.id:
        record = {plan.fields.id: page.id} | {name: value for name, value in record.items() if name != plan.fields.id}
    if plan.mode is Mode.CLEAN:
        record.pop(plan.fields.html, None)  # a clean corpus has no markup
        record[plan.fields.text] = answer.text
    return record | columns


def _raw_record(plan: Plan, page: _Page, answer: Sifted, options: Options) -> dict[str, Any]:
    """A record for a page that had none: ``id`` and ``text`` first, as Dolma, datatrove and Hugging Face expect it.

    To annotate means to keep the page: its text is then the source that offsets point into, and markup stands beside.
    """
    named = {plan.fields.id: page.id} | {name: value for name, value in page.fields.items() if name != "id"}
    if plan.mode is Mode.CLEAN:
        return named | {plan.fields.text: answer.text}
    record = named | {plan.fields.text: answer.source}
    if answer.kind_of_input is InputKind.HTML and isinstance(page.content, bytes):
        record[plan.fields.html] = decode(page.content, options.charset)[0]
    return record
