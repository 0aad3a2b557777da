"""What is handed over with the home: the meters as they stand, keys and badges; and remarks of both."""

from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import Response

from services.aftersales.inspections import record as rules
from services.aftersales.inspections.changing import TEAM, Code, Line, change, given_id
from services.aftersales.inspections.record import Keys, Meter, Record
from services.aftersales.page_base import pages
from services.kit.receiving import form_of
from services.kit.web import RoomUnit, Who, roles


@pages.post("/inspections/{inspection}/meters", **roles(*TEAM))
async def read_meters(inspection: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    """All indices of the form at once; with `fluid`, a meter that was not known."""
    form = {name: str(value)[:200] for name, value in (await form_of(request)).items()}

    def changing(record: Record) -> Record:
        for meter in record.meters:
            if f"index-{meter.id}" in form:
                because = form.get(f"because-{meter.id}", "")
                record = rules.with_index(record, meter.id, form[f"index-{meter.id}"], because)
        if form.get("fluid"):
            new = Meter(id=given_id(form.get("item", "")), fluid=form["fluid"], serial=form.get("serial", ""))
            record = rules.with_meter(record, new)
            record = rules.with_index(record, new.id, form.get("index", ""))
        return record

    return await change(request, unit, who, inspection, changing, anchor="meters")


@pages.post("/inspections/{inspection}/keys", **roles(*TEAM))
async def add_keys(
    inspection: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    what: Line = "",
    count: Code = "1",
    item: Code = "",
    remove: Code = "",
) -> Response:
    def changing(record: Record) -> Record:
        if remove:
            return rules.without_keys(record, remove)
        number = int(count) if count.isdecimal() and len(count) < 4 else -1
        return rules.with_keys(record, Keys(id=given_id(item), what=what.strip(), count=number))

    return await change(request, unit, who, inspection, changing, anchor="handed-keys")


@pages.post("/inspections/{inspection}/remarks", **roles(*TEAM))
async def remark(
    inspection: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    remarks: Annotated[str, Form(max_length=8000)] = "",
) -> Response:
    return await change(
        request, unit, who, inspection, lambda record: rules.with_remarks(record, remarks), anchor="remarks"
    )
